using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Nodes;

/// <summary>A read that meets a change has the other nodes told before its reader is, once for all readers, and whatever becomes of the telling.</summary>
public sealed class DisproofTests
{
    private static readonly CachePath Path = CachePath.Parse("/f");

    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource _told = new();
    private readonly FileRef _file = new(new UfsIdentity("mem://x"), "f", new FileVersion("1"), 10, 4096);
    private readonly Disproofs _disproofs;
    private int _tellings;

    public DisproofTests() => _disproofs = new Disproofs(_time, NullLogger.Instance)
    {
        Tell = path =>
        {
            Assert.Equal(Path, path);
            _tellings++;
            return _told.Task;
        },
    };

    [Fact]
    public async Task Of_a_thousand_readers_one_tells_and_all_wait()
    {
        Task[] readers = [.. Enumerable.Range(0, 1000).Select(_ => TellAsync())];
        Assert.All(readers, reader => Assert.False(reader.IsCompleted));
        _told.SetResult();
        await Task.WhenAll(readers);
        Assert.Equal(1, _tellings);

        await TellAsync();
        Assert.Equal(2, _tellings);
    }

    [Fact]
    public async Task A_telling_that_fails_is_no_failure_of_the_reader()
    {
        _told.SetException(new IOException("lost"));
        await TellAsync();
    }

    [Fact]
    public async Task Nodes_that_do_not_answer_keep_a_reader_for_three_seconds()
    {
        Task reader = TellAsync();
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(reader.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        await reader;
    }

    [Fact]
    public async Task A_reader_that_leaves_does_not_wait()
    {
        using var leaving = new CancellationTokenSource();
        Task reader = TellAsync(leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reader);
    }

    [Fact]
    public async Task A_read_of_what_has_changed_has_others_told_first()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        var told = new TaskCompletionSource<CachePath>();
        node.Node.TellOthers = path =>
        {
            told.SetResult(path);
            return _told.Task;
        };
        await node.PutAsync("f", 1000);
        CacheFile file = await node.Files.OpenAsync(Path, default);
        await node.PutAsync("f", 2000);

        Task<int> reading = file.ReadAsync(0, new byte[10], 10, default).AsTask();
        Assert.Equal(Path, await told.Task);
        Assert.False(reading.IsCompleted);
        _told.SetResult();
        Assert.Equal(CacheError.Changed, (await Assert.ThrowsAsync<CacheException>(() => reading)).Error);
    }

    private Task TellAsync(CancellationToken cancellationToken = default) => _disproofs.TellAsync(_file, Path, cancellationToken).AsTask();
}
