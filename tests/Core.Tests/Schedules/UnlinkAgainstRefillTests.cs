using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Pages.Index;
using Orleans.Cache.Pages.Journal;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>A file is unlinked while the same content comes again: the successor must not be what is unlinked. So no page is filled in a file that is leaving, and each life of a file has a name of its own.</summary>
public sealed class UnlinkAgainstRefillTests : StoreSchedule
{
    /// <summary>Holds: PageFills.TryBegin leaves a file alone that is Unlinking, and a file that comes again has another incarnation in its name.</summary>
    [Fact]
    public async Task A_file_that_is_being_unlinked_cannot_be_filled_and_comes_again_as_another_incarnation()
    {
        FileRef small = NewFile("small", 100);
        Assert.True(await Store.WriteAsync(small, 0));
        string first = Assert.Single(BackingFiles(Path));
        using var held = new Hold("unlink");
        held.Apply(Files);
        Task<DroppedPages> drop = Task.Run(() => Store.DropAsync(Source, "small", false, default));
        await held.Reached;
        Assert.False(await Store.WriteAsync(small, 0), "A page was filled into a file that is about to be unlinked.");
        held.Release();
        Assert.Equal(new DroppedPages(1, 1, 100), await drop);
        Assert.True(await Store.WriteAsync(small, 0));
        Assert.True(await Store.ReadAndCheckAsync(small, 0));
        Assert.NotEqual(first, Assert.Single(BackingFiles(Path)));
    }

    /// <summary>Holds: PageFills.TryPublish refuses a file that is Unlinking, and PageWriter unlinks what it made after the remover had unlinked.</summary>
    [Theory]
    [InlineData("open")]
    [InlineData("write")]
    public async Task A_file_dropped_while_a_page_is_written_keeps_nothing_and_leaves_nothing(string operation)
    {
        Assert.True(await Store.WriteAsync(File, 0));
        FileRef other = operation == "open" ? NewFile("file", 2 * PageSize, "v2") : File;
        using var held = new Hold(operation);
        held.Apply(Files);
        Task<bool> write = Task.Run(() => Store.WriteAsync(other, 1));
        await held.Reached;
        await Store.DropAsync(Source, "file", false, default);
        held.Release();
        Assert.False(await write, "A page of a dropped file was kept.");
        Assert.Empty(BackingFiles(Path));
        Assert.Equal((0, 0, 0), (Store.Status.Used, Store.Status.Files, Store.Status.Pages));
        Assert.True(await Store.WriteAsync(other, 1));
        Assert.True(await Store.ReadAndCheckAsync(other, 1));
    }

    /// <summary>Holds: PageReader forgets the file where its page has left: it may have been opened after the remover forgot it.</summary>
    [Fact]
    public async Task An_open_that_an_unlink_overtakes_leaves_no_dead_file_open()
    {
        FileRef small = NewFile("small", 100);
        Assert.True(await Store.WriteAsync(small, 0));
        for (int i = 0; i < 100; i++)
            Assert.True(await Store.WriteAsync(NewFile($"other{i}", 10), 0));
        Assert.InRange(Store.OpenFiles, 1, 64);
        using var held = new Hold("open", after: true);
        held.Apply(Files);
        Task<PageRead> read = Task.Run(() => Store.TryRead(small, 0, 0, new byte[100]));
        await held.Reached;
        await Store.DropAsync(Source, "", true, default);
        held.Release();
        Assert.Equal(PageRead.Miss, await read);
        Assert.Equal(0, Store.OpenFiles);
    }

    /// <summary>Holds: IndexTable.FreeHeadIfDone keeps a file while a page of it is Filling: its late unlink and its successor cannot meet.</summary>
    [Fact]
    public async Task A_content_does_not_come_again_before_the_last_write_of_its_dropped_file_is_over()
    {
        Assert.True(await Store.WriteAsync(File, 0));
        using var held = new Hold("write");
        held.Apply(Files);
        Task<bool> write = Task.Run(() => Store.WriteAsync(File, 1));
        await held.Reached;
        Assert.Equal(1, (await Store.DropAsync(Source, "file", false, default)).Files);
        Assert.False(await Store.WriteAsync(File, 0), "A page was filled into a file of which a write is still under way.");
        held.Release();
        Assert.False(await write);
        Assert.True(await Store.WriteAsync(File, 0));
        Assert.True(await Store.ReadAndCheckAsync(File, 0));
    }

    /// <summary>Holds: IndexRestore.Apply passes over records of an older incarnation than the known one.</summary>
    [Fact]
    public void A_late_record_of_the_first_incarnation_does_not_touch_the_second()
    {
        var index = new PageIndex(PageSize, new FifoPolicy());
        var restore = new IndexRestore(index);
        restore.Apply(new JournalRecord(JournalKind.PageAdded, File.Id, 8, File.Length, 3, 1));
        restore.Apply(new JournalRecord(JournalKind.PageAdded, File.Id, 7, File.Length, 4, 2));
        restore.Apply(new JournalRecord(JournalKind.PageRemoved, File.Id, 7, File.Length, 3, 0));
        restore.Apply(new JournalRecord(JournalKind.FileRemoved, File.Id, 7, File.Length, 0, 0));
        Assert.True(index.TryFind(File.Id, 3, out PageLocation found));
        Assert.Equal(8, found.Incarnation);
        Assert.False(index.TryFind(File.Id, 4, out _));
    }
}
