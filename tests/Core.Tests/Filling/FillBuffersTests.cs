using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Filling;

/// <summary>Whose buffers are when.</summary>
public sealed class FillBuffersTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _root = new(onTmpfs: true);
    private readonly FaultyUnderStorage _source = new(new MemoryUnderStorage("test", TimeProvider.System));
    private readonly CacheCounters _counters = new();
    private HeldPageStore _store = null!;
    private PageFiller _filler = null!;

    public async Task InitializeAsync()
    {
        _store = new HeldPageStore(await OpenAsync(_root));
        _filler = new PageFiller(new UfsFillSource(_ => _source), _store, PageSize, new CacheLimits(), _counters, TimeProvider.System, NullLogger.Instance);
    }

    public async Task DisposeAsync()
    {
        _store.ReleaseAll();
        await _filler.DisposeAsync();
        await _store.DisposeAsync();
        await _source.DisposeAsync();
        _counters.Dispose();
        _root.Dispose();
    }

    /// <summary>Holds: FillRun waits for its writes also when the source failed. Else another fill's bytes would be kept as this one's.</summary>
    [Fact]
    public async Task A_page_that_is_still_being_written_when_its_source_fails_keeps_its_buffer()
    {
        FileRef failing = await PutAsync("failing", 1, 2 * PageSize);
        FileRef other = await PutAsync("other", 2, 20 * PageSize);
        _source.ChangeAfterBytes = PageSize;
        UfsHold commits = _store.Hold(StoreStep.Commit);
        // The second page fails with its fill, or is read by another one when that has ended already.
        Exception? failure = await Record.ExceptionAsync(() => ReadAsync(failing, PageSize));
        Assert.True(failure is null or CacheException { Error: CacheError.Changed });
        await commits.ArrivedAsync();
        _source.ChangeAfterBytes = null;

        // A buffer that had been given back would be the first that these take.
        await ReadAsync(other, 19 * PageSize);
        commits.Release();
        await _filler.RunsEndedAsync();

        var kept = new byte[PageSize];
        Assert.True(await _store.ReadAsync(failing, 0, 0, kept, default));
        Assert.Equal(Content(1, 2 * PageSize)[..PageSize], kept);
    }

    private static byte[] Content(int seed, int length)
    {
        var content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }

    private async Task<FileRef> PutAsync(string key, int seed, int length)
    {
        UfsStatus status = await _source.CreateAsync(key, new MemoryStream(Content(seed, length)), default);
        return new FileRef(_source.Identity, key, status.Version, length, PageSize);
    }

    /// <summary>Reads the page at <paramref name="until"/> as the last of a sequential read from the start.</summary>
    private async Task ReadAsync(FileRef file, long until)
    {
        var page = new byte[PageSize];
        for (long at = 0; at <= until; at += PageSize)
        {
            int read = await _filler.ReadAsync(file, at, page, file.Length - at, default);
            Assert.True(read > 0 || _store.Contains(file, at / PageSize));
        }
    }
}
