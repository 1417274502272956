using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Pages.Backing;
using Orleans.Cache.Pages.Index;
using Orleans.Cache.Pages.Journal;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>
/// A crash between a change and its record must not leave a page that is believed and gone, nor one that no free finds. So: name,
/// bytes, record; and on the way out record, punch. The parts of a store directory, with a name log whose file cannot be
/// written and whose error handler waits: until it is released, no record gets past the name log either.
/// </summary>
public sealed class JournalAgainstDataTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _root = new(onTmpfs: true);
    private readonly ManualResetEventSlim _namesHeld = new();
    private readonly TaskCompletionSource _namesReached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _operations = [];
    private readonly FileRef _file = NewFile("file", 2 * PageSize);
    private readonly PageIndex _index = new(PageSize, new FifoPolicy());
    private readonly PageFills _fills;
    private HeldBackingFiles _files = null!;
    private AppendLog _names = null!;
    private AppendLog _journal = null!;

    public JournalAgainstDataTests() => _fills = new PageFills(_index, firstIncarnation: 1);

    private string JournalPath => _root["journal"];

    public Task InitializeAsync()
    {
        File.WriteAllBytes(_root["names"], []);
        _files = new HeldBackingFiles(new LinuxBackingFiles(_root["pages"])) { Before = _operations.Add };
        _names = new AppendLog(File.OpenHandle(_root["names"]), 0, _ => HoldNames());
        _journal = new AppendLog(
            File.OpenHandle(JournalPath, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite), 0, _ => { }, writtenBefore: _names);
        return Task.CompletedTask;
    }

    public Task DisposeAsync()
    {
        _namesHeld.Set();
        _journal.Dispose();
        _names.Dispose();
        _files.Dispose();
        _namesHeld.Dispose();
        _root.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Holds: AppendLog writes the log that is to be written before it first.</summary>
    [Fact]
    public async Task A_page_is_not_in_the_journal_before_its_files_name_is_in_the_name_log()
    {
        _names.Append(new byte[10]);
        await _namesReached.Task;
        Publish(page: 0);
        Task flushed = _journal.FlushAsync();
        // The work item that would write is queued before this one.
        await DrainPoolAsync();
        Assert.False(flushed.IsCompleted);
        Assert.Equal(0, new FileInfo(JournalPath).Length);
        _namesHeld.Set();
        await flushed;
        Assert.Equal(JournalRecord.Size, new FileInfo(JournalPath).Length);
    }

    /// <summary>Holds: Remover flushes the journal before it gives blocks back.</summary>
    [Theory]
    [InlineData(false, "punch")]
    [InlineData(true, "unlink")]
    public async Task No_block_is_given_back_before_its_removal_is_in_the_journal(bool wholeFile, string operation)
    {
        Publish(page: 0);
        Publish(page: 1);
        await _journal.FlushAsync();
        _names.Append(new byte[10]);
        await _namesReached.Task;
        var ledger = new SpaceLedger(10 * PageSize, 4096);
        using var cache = new BackingFileCache(_files, ledger, 16);
        Assert.NotNull(cache.Rent(_file.Id, 1, BackingOpen.Create, out _));
        _operations.Clear();
        var removals = new PageRemovals(_index, _journal);
        var batch = new RemovalBatch();
        Assert.True(_index.TryFind(_file.Id, 0, out PageLocation found));
        Assert.True(wholeFile ? removals.TryMarkFile(_file.Id, 1, batch) : removals.TryMarkDamaged(_file.Id, found, batch));

        Task removal = new Remover(removals, _journal, _files, cache, ledger, new StorageSpaces(TimeProvider.System), PageSize).RemoveAsync(batch);

        Assert.False(removal.IsCompleted);
        Assert.Empty(_operations);
        _namesHeld.Set();
        await removal;
        Assert.Equal([operation], _operations);
        Assert.Equal(3 * JournalRecord.Size, new FileInfo(JournalPath).Length);
    }

    /// <summary>Holds: PageWriter publishes, and with that journals, after it has written.</summary>
    [Fact]
    public async Task A_page_is_not_in_the_journal_before_its_bytes_are_in_the_file()
    {
        await using StoreDirectory store = OpenDirectory(_root["store"], wrap: inner => _files = new HeldBackingFiles(inner));
        using var held = new Hold("write");
        held.Apply(_files);
        Task<bool> write = Task.Run(() => store.WriteAsync(_file, 0));
        await held.Reached;
        await store.FlushAsync();
        string journal = Assert.Single(Directory.GetFiles(_root["store"], "journal-*"));
        Assert.Equal(StoreHeader.Size, new FileInfo(journal).Length);
        held.Release();
        Assert.True(await write);
        await store.FlushAsync();
        Assert.Equal(StoreHeader.Size + JournalRecord.Size, new FileInfo(journal).Length);
    }

    private void Publish(long page)
    {
        Assert.True(_fills.TryBegin(_file, page, out PageFill fill));
        _fills.MarkExisting(fill);
        Assert.True(_fills.TryPublish(fill, checksum: 1, _journal));
    }

    private void HoldNames()
    {
        _namesReached.TrySetResult();
        Assert.True(_namesHeld.Wait(TimeSpan.FromSeconds(30)));
    }

    /// <summary>Lets the pool take what was queued before: its queue is first in, first out, for items that prefer no thread.</summary>
    private static async Task DrainPoolAsync()
    {
        for (int i = 0; i < 100; i++)
            await Task.Yield();
    }
}
