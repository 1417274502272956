using Orleans.Cache.Eviction;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>How the background scrub goes about it. What it finds is DamageTests' subject.</summary>
public sealed class ScrubTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _root = new(onTmpfs: true);
    private readonly ManualTimeProvider _time = new();
    private readonly FileRef _file = NewFile("file", 60 * PageSize);

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Each_page_is_compared_once_a_period_and_at_an_even_pace()
    {
        await using StoreDirectory store = OpenDirectory(_root["store"], time: _time, scrubPeriod: TimeSpan.FromHours(1));
        // Two timers: the sweep's start, and the rest of the period in which there was nothing to scrub.
        await UntilAsync(() => _time.Timers == 2);
        for (long page = 0; page < _file.PageCount; page++)
            Assert.True(await store.WriteAsync(_file, page));
        _time.Advance(TimeSpan.FromHours(1));
        for (int minute = 0; minute < 60; minute++)
        {
            await UntilAsync(() => _time.Timers == 1 && store.Status.Scrubbed >= minute);
            Assert.Equal(minute, store.Status.Scrubbed);
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        await UntilAsync(() => store.Status.ScrubPasses == 2);
        Assert.Equal((60, 0), (store.Status.Scrubbed, store.Status.Healed));
    }

    [Fact]
    public async Task A_short_period_does_not_take_the_disk_from_its_readers()
    {
        // 60 pages of 64 KiB a second would be 3.75 MiB/s; in a millisecond they would be read at 3.7 GiB/s, and are at 64 MiB/s.
        await using StoreDirectory store = OpenDirectory(_root["store"], time: _time, scrubPeriod: TimeSpan.FromMilliseconds(1));
        for (long page = 0; page < _file.PageCount; page++)
            Assert.True(await store.WriteAsync(_file, page));
        long from = store.Status.Scrubbed;
        long started = _time.GetTimestamp();
        while (store.Status.Scrubbed < from + 600)
        {
            await UntilAsync(() => _time.Timers > 0);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }
        Assert.InRange(_time.GetElapsedTime(started), TimeSpan.FromSeconds(600.0 * PageSize / (64 * CacheLimits.MiB) * 0.9), Patience);
    }

    [Fact]
    public async Task Without_a_period_nothing_is_compared()
    {
        await using StoreDirectory store = OpenDirectory(_root["store"], time: _time, scrubPeriod: TimeSpan.Zero);
        Assert.True(await store.WriteAsync(_file, 0));
        await UntilAsync(() => _time.Timers == 1);
        _time.Advance(TimeSpan.FromDays(30));
        await store.Swept;
        Assert.Equal((0, 0, 0), (_time.Timers, store.Status.Scrubbed, store.Status.ScrubPasses));
    }

    [Fact]
    public async Task A_scrub_is_no_use_of_a_page()
    {
        await FillAndCloseAsync();
        var policy = new TouchCounter(new FifoPolicy());
        await using StoreDirectory store = OpenDirectory(_root["store"], policy: policy);
        await store.ScrubAsync(default);
        Assert.Equal(60, store.Status.Scrubbed);
        Assert.Equal((0, 0), (policy.Touches, store.OpenFiles));
    }

    [Fact]
    public async Task What_the_scrub_has_compared_needs_no_verification_any_more()
    {
        await FillAndCloseAsync();
        await using StoreDirectory store = OpenDirectory(_root["store"]);
        var bytes = new byte[PageSize];
        Assert.Equal(PageRead.WouldBlock, store.TryRead(_file, 7, 0, bytes));
        await store.ScrubAsync(default);
        Assert.Equal(PageRead.Hit, store.TryRead(_file, 7, 0, bytes));
        Assert.Equal(Bytes(_file, 7), bytes);
    }

    [Fact]
    public async Task A_page_that_leaves_while_it_is_compared_is_no_damage()
    {
        HeldBackingFiles files = null!;
        await using StoreDirectory store = OpenDirectory(_root["store"], wrap: inner => files = new HeldBackingFiles(inner));
        Assert.True(await store.WriteAsync(_file, 0));
        Assert.True(await store.WriteAsync(_file, 1));
        using var drop = new ManualResetEventSlim();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        files.Before = operation =>
        {
            if (operation != "read" || !reached.TrySetResult())
                return;
            drop.Wait(Patience);
        };
        Task scrub = store.ScrubAsync(default);
        await reached.Task;
        // What is unlinked can be read through the scrub's descriptor; what is truncated behind it reads short.
        File.OpenHandle(Assert.Single(BackingFiles(_root["store"])), FileMode.Truncate, FileAccess.Write).Dispose();
        await store.DropAsync(Source, "file", false, default);
        drop.Set();
        await scrub;
        Assert.Equal((0, 0, 0), (store.Status.Healed, store.Status.Scrubbed, store.Status.Pages));
    }

    private async Task FillAndCloseAsync()
    {
        await using StoreDirectory store = OpenDirectory(_root["store"]);
        for (long page = 0; page < _file.PageCount; page++)
            Assert.True(await store.WriteAsync(_file, page));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class TouchCounter(IEvictionPolicy inner) : IEvictionPolicy
    {
        private int _touches;

        public int Touches => Volatile.Read(ref _touches);

        public string Name => inner.Name;

        public int Count => inner.Count;

        public long MemoryBytes => inner.MemoryBytes;

        public int CountOf(int share) => inner.CountOf(share);

        public void Added(int entry, uint identityHash, int share) => inner.Added(entry, identityHash, share);

        public void Touched(int entry) => Interlocked.Increment(ref _touches);

        public void Removed(int entry, int share) => inner.Removed(entry, share);

        public bool TryNextVictim(Func<int, uint> identityHashOf, out int entry) => inner.TryNextVictim(identityHashOf, out entry);

        public bool TryNextVictim(int share, Func<int, uint> identityHashOf, out int entry) => inner.TryNextVictim(share, identityHashOf, out entry);
    }
}
