using Orleans.Cache.Filling;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Core.Tests.Nodes;

/// <summary>Fills that begin at one place of a cluster: the reader waits for the beginning, not for the page, and does without the place where it must.</summary>
public sealed class FillGateTests
{
    private const int Page = NodeUnderTest.PageSize;

    [Fact]
    public async Task A_miss_begins_at_the_gate_and_its_readers_join_the_fill()
    {
        var gate = new Gate();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(fills: gate);
        gate.OnBegin = node.Node.BeginFill;
        byte[] content = await node.PutAsync("f", 3 * Page);

        byte[][] read = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => node.ReadAsync("/f"))));

        Assert.All(read, r => Assert.Equal(content, r));
        Assert.InRange(gate.Asked, 1, 300);
        Assert.Equal(1, gate.Began);
        Assert.Equal((1, 3), (node.Counters.Misses.Value, node.Counters.PagesFilled.Value));
        Assert.Single(node.Source.Opened);
    }

    [Fact]
    public async Task A_hit_does_not_come_to_the_gate()
    {
        var gate = new Gate();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(fills: gate);
        gate.OnBegin = node.Node.BeginFill;
        await node.PutAsync("f", 2 * Page);
        await node.ReadAsync("/f");
        await node.SettledAsync();
        int asked = gate.Asked;

        await node.ReadAsync("/f");

        Assert.Equal(asked, gate.Asked);
    }

    [Fact]
    public async Task What_the_gate_does_not_begin_the_reader_begins()
    {
        var gate = new Gate();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(fills: gate);
        byte[] content = await node.PutAsync("f", 2 * Page);

        Assert.Equal(content, await node.ReadAsync("/f"));

        Assert.True(gate.Asked > 0);
        Assert.Equal(1, node.Counters.Misses.Value);
    }

    /// <summary>The reader finds no fill and no page: it asks by itself, and is told by the source.</summary>
    [Fact]
    public async Task A_fill_that_failed_before_its_reader_came_leaves_the_reader_the_source_s_own_word()
    {
        var gate = new Gate();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(fills: gate);
        await node.PutAsync("f", 2 * Page);
        FileRef file = (await node.Files.OpenAsync(CachePath.Parse("/f"), default)).Ref;
        await node.Source.DeleteAsync("f", default);
        gate.OnBegin = (f, page, expected) =>
        {
            bool began = node.Node.BeginFill(f, page, expected);
            gate.Ended = node.SettledAsync();
            return began;
        };

        CacheException told = await Assert.ThrowsAsync<CacheException>(async () => await node.Node.ReadAsync(file, 0, new byte[Page], Page, default));

        Assert.True(told.Error is CacheError.NotFound or CacheError.Changed, told.Message);
        Assert.Equal(1, gate.Began);
        Assert.Equal(2, node.Source.Opened.Count);
    }

    [Fact]
    public async Task A_load_comes_to_the_gate_too()
    {
        var gate = new Gate();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(fills: gate);
        gate.OnBegin = node.Node.BeginFill;
        byte[] content = await node.PutAsync("f", 2 * Page);
        FileRef file = (await node.Files.OpenAsync(CachePath.Parse("/f"), default)).Ref;

        await node.Node.LoadAsync(file, 0, content.Length, default);

        Assert.Equal(1, gate.Began);
        Assert.Equal(content.Length, await node.Node.GetCachedBytesAsync(file, default));
        Assert.Single(node.Source.Opened);
    }

    /// <summary>A place that is asked across a turn of the thread pool, as one behind messages is.</summary>
    private sealed class Gate : IFillGate
    {
        private int _asked;
        private int _began;

        public Func<FileRef, long, long, bool> OnBegin { get; set; } = (_, _, _) => false;

        /// <summary>What the asker waits for beyond the beginning; nothing.</summary>
        public Task Ended { get; set; } = Task.CompletedTask;

        public int Asked => _asked;

        public int Began => _began;

        public async ValueTask<bool> BeginAsync(FileRef file, long page, long expected, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            await Task.Yield();
            bool began = OnBegin(file, page, expected);
            await Ended;
            if (began)
                Interlocked.Increment(ref _began);
            return began;
        }
    }
}
