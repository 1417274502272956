using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>The races that the design names, each forced.</summary>
public sealed class PageStoreRaceTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _root = new(onTmpfs: true);
    private readonly StoreDirectory _store;
    private readonly FileRef _file = NewFile("file", 10 * PageSize);
    private HeldBackingFiles _files = null!;

    public PageStoreRaceTests() => _store = OpenDirectory(_root["store"], 10 * PageSize, inner => _files = new HeldBackingFiles(inner));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _root.Dispose();
    }

    [Fact]
    public async Task A_page_cannot_be_filled_before_its_punch_is_over()
    {
        using var held = new Hold("punch");
        for (long page = 0; page < 9; page++)
            Assert.True(await _store.WriteAsync(_file, page));
        held.Apply(_files);
        Assert.True(await _store.WriteAsync(_file, 9));
        await held.Reached;
        Assert.False(_store.Contains(_file, 0));
        Assert.False(await _store.WriteAsync(_file, 0), "A page was filled while it was being punched: the punch would zero it.");
        held.Release();
        await _store.Settled;
        Assert.True(await _store.WriteAsync(_file, 0));
        Assert.True(await _store.ReadAndCheckAsync(_file, 0));
    }

    [Fact]
    public async Task A_read_that_a_punch_overtakes_is_a_miss_and_not_zeros()
    {
        for (long page = 0; page < 9; page++)
            Assert.True(await _store.WriteAsync(_file, page));
        using var held = new Hold("read");
        held.Apply(_files);
        var bytes = new byte[PageSize];
        Task<PageRead> read = Task.Run(() => _store.TryRead(_file, 0, 0, bytes));
        await held.Reached;
        Assert.True(await _store.WriteAsync(_file, 9));
        await _store.Settled;
        Assert.False(_store.Contains(_file, 0));
        held.Release();
        Assert.Equal(PageRead.Miss, await read);
        Assert.Equal(new byte[PageSize], bytes);
    }

    [Fact]
    public async Task A_read_that_a_punch_and_a_refill_overtake_is_not_served_from_the_first_life()
    {
        for (long page = 0; page < 9; page++)
            Assert.True(await _store.WriteAsync(_file, page));
        using var held = new Hold("read", after: true);
        held.Apply(_files);
        var bytes = new byte[PageSize];
        Task<PageRead> read = Task.Run(() => _store.TryRead(_file, 0, 0, bytes));
        await held.Reached;
        Assert.True(await _store.WriteAsync(_file, 9));
        await _store.Settled;
        Assert.True(await _store.WriteAsync(_file, 0));
        held.Release();
        Assert.Equal(PageRead.Miss, await read);
        Assert.True(await _store.ReadAndCheckAsync(_file, 0));
    }

    [Fact]
    public async Task A_file_that_is_being_unlinked_cannot_be_filled_and_comes_again_as_another_incarnation()
    {
        FileRef small = NewFile("small", 100);
        Assert.True(await _store.WriteAsync(small, 0));
        string first = Assert.Single(BackingFiles(_root["store"]));
        using var held = new Hold("unlink");
        held.Apply(_files);
        Task<DroppedPages> drop = Task.Run(() => _store.DropAsync(Source, "small", false, default));
        await held.Reached;
        Assert.False(await _store.WriteAsync(small, 0), "A page was filled into a file that is about to be unlinked.");
        held.Release();
        Assert.Equal(new DroppedPages(1, 1, 100), await drop);
        Assert.True(await _store.WriteAsync(small, 0));
        Assert.True(await _store.ReadAndCheckAsync(small, 0));
        Assert.NotEqual(first, Assert.Single(BackingFiles(_root["store"])));
    }

    [Theory]
    [InlineData("open")]
    [InlineData("write")]
    public async Task A_file_dropped_while_a_page_is_written_keeps_nothing_and_leaves_nothing(string operation)
    {
        Assert.True(await _store.WriteAsync(_file, 0));
        FileRef other = operation == "open" ? NewFile("file", 2 * PageSize, "v2") : _file;
        using var held = new Hold(operation);
        held.Apply(_files);
        Task<bool> write = Task.Run(() => _store.WriteAsync(other, 1));
        await held.Reached;
        await _store.DropAsync(Source, "file", false, default);
        held.Release();
        Assert.False(await write, "A page of a dropped file was kept.");
        Assert.Empty(BackingFiles(_root["store"]));
        Assert.Equal((0, 0, 0), (_store.Status.Used, _store.Status.Files, _store.Status.Pages));
        Assert.True(await _store.WriteAsync(other, 1));
        Assert.True(await _store.ReadAndCheckAsync(other, 1));
    }

    [Fact]
    public async Task An_open_that_an_unlink_overtakes_leaves_no_dead_file_open()
    {
        FileRef small = NewFile("small", 100);
        Assert.True(await _store.WriteAsync(small, 0));
        for (int i = 0; i < 100; i++)
            Assert.True(await _store.WriteAsync(NewFile($"other{i}", 10), 0));
        Assert.InRange(_store.OpenFiles, 1, 64);
        using var held = new Hold("open", after: true);
        held.Apply(_files);
        Task<PageRead> read = Task.Run(() => _store.TryRead(small, 0, 0, new byte[100]));
        await held.Reached;
        await _store.DropAsync(Source, "", true, default);
        held.Release();
        Assert.Equal(PageRead.Miss, await read);
        Assert.Equal(0, _store.OpenFiles);
    }

    [Fact]
    public async Task A_lent_file_is_not_punched_and_its_blocks_count_until_the_last_release_once_it_is_unlinked()
    {
        for (long page = 0; page < 5; page++)
            Assert.True(await _store.WriteAsync(_file, page));
        using (BackingLease leading = _store.TryLease(_file, 0, 6 * PageSize)!)
            Assert.Equal(5 * PageSize, leading.Length);
        Assert.Null(_store.TryLease(_file, 5 * PageSize, PageSize));
        BackingLease lease = _store.TryLease(_file, PageSize - 10, 20)!;
        BackingLease second = _store.TryLease(_file, 0, 5 * PageSize)!;
        FileRef other = NewFile("other", 30 * PageSize);
        for (long page = 0; page < 30; page++)
            await _store.WriteAsync(other, page);
        for (long page = 0; page < 5; page++)
            Assert.True(await _store.ReadAndCheckAsync(_file, page), "A page of a lent file was evicted.");

        await _store.DropAsync(Source, "", true, default);
        Assert.Equal(5 * PageSize, _store.Status.Used);
        Assert.Empty(BackingFiles(_root["store"]));
        var bytes = new byte[20];
        Assert.Equal(20, RandomAccess.Read(lease.File, bytes, lease.Offset));
        Assert.Equal((byte[])[.. Bytes(_file, 0)[^10..], .. Bytes(_file, 1)[..10]], bytes);
        lease.Dispose();
        lease.Dispose();
        Assert.Equal(5 * PageSize, _store.Status.Used);
        second.Dispose();
        Assert.Equal(0, _store.Status.Used);
    }

    [Fact]
    public async Task A_writer_that_leaves_while_it_waits_for_room_leaves_nothing_behind()
    {
        for (long page = 0; page < 9; page++)
            Assert.True(await _store.WriteAsync(_file, page));
        FileRef big = NewFile("big", 3 * PageSize);
        using var held = new Hold("punch");
        held.Apply(_files);
        Assert.True(await _store.WriteAsync(_file, 9));
        await held.Reached;
        using var cancelled = new CancellationTokenSource();
        Task<bool> waiting = _store.WriteAsync(big, 0, cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        held.Release();
        await _store.Settled;
        Assert.True(await _store.WriteAsync(big, 0));
    }

    /// <summary>Stops the first operation of a name until released.</summary>
    private sealed class Hold(string operation, bool after = false) : IDisposable
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _released = new();
        private int _taken;

        public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public void Apply(HeldBackingFiles files)
        {
            if (after)
                files.After = Stop;
            else
                files.Before = Stop;
        }

        public void Release() => _released.Set();

        public void Dispose() => _released.Dispose();

        private void Stop(string now)
        {
            if (now != operation || Interlocked.Exchange(ref _taken, 1) != 0)
                return;
            _reached.SetResult();
            Assert.True(_released.Wait(TimeSpan.FromSeconds(30)));
        }
    }
}
