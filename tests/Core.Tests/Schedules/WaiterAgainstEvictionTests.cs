using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>
/// A reader waits for a page, which is published and evicted before the reader runs again. So waiters are served from the
/// fill's buffers, which stay as long as one of them is in.
/// </summary>
public sealed class WaiterAgainstEvictionTests
{
    /// <summary>Holds: Fill.TryJoin counts its reader, and Fill.Leave gives buffers back with the last user only.</summary>
    [Fact]
    public async Task A_waiter_whose_page_has_left_the_store_again_gets_its_bytes_and_its_buffer_is_not_anothers()
    {
        using var root = new TemporaryDirectory(onTmpfs: true);
        await using FilePageStore store = await OpenAsync(root);
        await using var source = new FaultyUnderStorage(new MemoryUnderStorage("test", TimeProvider.System));
        using var counters = new CacheCounters();
        using var pool = new FillBufferPool(2 * PageSize, PageSize, maxWaiters: 10);
        var limits = new CacheLimits();
        var run = new FillRun(
            new UfsFillSource(_ => source), store, pool, new BypassAdmission(limits, TimeProvider.System), limits, counters, TimeProvider.System, NullLogger.Instance);
        (FileRef file, byte[] content) = await PutAsync(source, "waited-for", 1);
        (FileRef other, byte[] otherContent) = await PutAsync(source, "other", 2);
        var fill = new Fill(file, firstPage: 0, pageCount: 2);
        Assert.True(fill.TryJoin());

        // All of the fill's life, and the page's, before the waiter looks.
        await run.ExecuteAsync(fill, memory: null, opened: null, released: (_, _) => { }, CancellationToken.None);
        fill.Leave();
        Assert.Equal(2, (await store.DropAsync(source.Identity, "waited-for", false, default)).Pages);
        var next = new Fill(other, firstPage: 0, pageCount: 2);
        Assert.True(next.TryJoin());
        Task nextRun = run.ExecuteAsync(next, memory: null, opened: null, released: (_, _) => { }, CancellationToken.None);

        Assert.Equal(2 * PageSize, pool.Reserved);
        Assert.False(next.IsSupplied, "The waiter's buffers were given to another fill.");
        Assert.Equal(content, await ReadAsync(fill));
        fill.Leave();
        await nextRun.WaitAsync(TimeSpan.FromSeconds(30));
        next.Leave();
        Assert.Equal(otherContent, await ReadAsync(next));
        next.Leave();
        Assert.Equal(0, pool.Reserved);
    }

    /// <summary>Holds: PageFiller.ReadAsync gives waiters the fill's bytes; were they sent to the store, most would fetch again.</summary>
    [Fact]
    public async Task A_hundred_waiters_on_a_file_ten_times_the_store_cost_one_read_of_the_source()
    {
        const int Pages = 40;
        var limits = new CacheLimits { ReadAheadBytes = 8 * Pages * NodeUnderTest.PageSize };
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(limits, capacity: Pages / 10 * NodeUnderTest.PageSize);
        byte[] content = await node.PutAsync("f", Pages * NodeUnderTest.PageSize);
        UfsHold reads = node.Source.Hold(UfsRequest.Read);
        // All are in the fill before a byte has come: none has to open the file first.
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        Task<int>[] waiters = [.. Enumerable.Range(0, 100).Select(i => ReadOnePageAsync(file, content, i % Pages))];
        await reads.ArrivedAsync();
        reads.Release();

        foreach (Task<int> waiter in waiters)
            Assert.True(await waiter > 0);
        await node.SettledAsync();

        Assert.Equal(content.Length, node.Source.Opened.Sum(r => r.Length));
        Assert.InRange(node.Store.GetStatus()[0].Evictions, 1, long.MaxValue);
    }

    private static async Task<(FileRef File, byte[] Content)> PutAsync(FaultyUnderStorage source, string key, int seed)
    {
        var content = new byte[2 * PageSize];
        new Random(seed).NextBytes(content);
        UfsStatus status = await source.CreateAsync(key, new MemoryStream(content), default);
        return (new FileRef(source.Identity, key, status.Version, content.Length, PageSize), content);
    }

    private static async Task<byte[]> ReadAsync(Fill fill)
    {
        var bytes = new byte[fill.Length];
        for (int at = 0; at < bytes.Length;)
            at += await fill.ReadAsync(at, bytes.AsMemory(at), default);
        return bytes;
    }

    private static async Task<int> ReadOnePageAsync(CacheFile file, byte[] content, int page)
    {
        var bytes = new byte[NodeUnderTest.PageSize];
        long at = (long)page * bytes.Length;
        int read = await file.ReadAsync(at, bytes, content.Length - at, default);
        Assert.True(bytes.AsSpan(0, read).SequenceEqual(content.AsSpan((int)at, read)));
        return read;
    }
}
