using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>A reader finds a page, the page is punched, the read gives zeros. So a reader looks again before its bytes count; and what is lent is never punched.</summary>
public sealed class PunchAgainstReadTests : StoreSchedule
{
    /// <summary>Holds: PageReader.TryRead looks again after it has copied.</summary>
    [Fact]
    public async Task A_read_that_a_punch_overtakes_is_a_miss_and_not_zeros()
    {
        for (long page = 0; page < 9; page++)
            Assert.True(await Store.WriteAsync(File, page));
        using var held = new Hold("read");
        held.Apply(Files);
        var bytes = new byte[PageSize];
        Task<PageRead> read = Task.Run(() => Store.TryRead(File, 0, 0, bytes));
        await held.Reached;
        Assert.True(await Store.WriteAsync(File, 9));
        await Store.Settled;
        Assert.False(Store.Contains(File, 0));
        held.Release();
        Assert.Equal(PageRead.Miss, await read);
        Assert.Equal(new byte[PageSize], bytes);
    }

    /// <summary>Holds: PageWord.To raises the generation when a page stops being Present, so that its next life is not taken for this one.</summary>
    [Fact]
    public async Task A_read_that_a_punch_and_a_refill_overtake_is_not_served_from_the_first_life()
    {
        for (long page = 0; page < 9; page++)
            Assert.True(await Store.WriteAsync(File, page));
        using var held = new Hold("read", after: true);
        held.Apply(Files);
        var bytes = new byte[PageSize];
        Task<PageRead> read = Task.Run(() => Store.TryRead(File, 0, 0, bytes));
        await held.Reached;
        Assert.True(await Store.WriteAsync(File, 9));
        await Store.Settled;
        Assert.True(await Store.WriteAsync(File, 0));
        held.Release();
        Assert.Equal(PageRead.Miss, await read);
        Assert.True(await Store.ReadAndCheckAsync(File, 0));
    }

    /// <summary>Holds: PageRemovals.TryMarkVictim passes over a file that is Leased, and BackingFile gives blocks back with the last release only.</summary>
    [Fact]
    public async Task A_lent_file_is_not_punched_and_its_blocks_count_until_the_last_release_once_it_is_unlinked()
    {
        for (long page = 0; page < 5; page++)
            Assert.True(await Store.WriteAsync(File, page));
        using (BackingLease leading = Store.TryLease(File, 0, 6 * PageSize)!)
            Assert.Equal(5 * PageSize, leading.Length);
        Assert.Null(Store.TryLease(File, 5 * PageSize, PageSize));
        BackingLease lease = Store.TryLease(File, PageSize - 10, 20)!;
        BackingLease second = Store.TryLease(File, 0, 5 * PageSize)!;
        FileRef other = NewFile("other", 30 * PageSize);
        for (long page = 0; page < 30; page++)
            await Store.WriteAsync(other, page);
        for (long page = 0; page < 5; page++)
            Assert.True(await Store.ReadAndCheckAsync(File, page), "A page of a lent file was evicted.");

        await Store.DropAsync(Source, "", true, default);
        Assert.Equal(5 * PageSize, Store.Status.Used);
        Assert.Empty(BackingFiles(Path));
        var bytes = new byte[20];
        Assert.Equal(20, RandomAccess.Read(lease.File, bytes, lease.Offset));
        Assert.Equal((byte[])[.. Bytes(File, 0)[^10..], .. Bytes(File, 1)[..10]], bytes);
        lease.Dispose();
        lease.Dispose();
        Assert.Equal(5 * PageSize, Store.Status.Used);
        second.Dispose();
        Assert.Equal(0, Store.Status.Used);
    }

    /// <summary>Holds: PageReader.Read, the path that waits for a device, looks again after it has copied.</summary>
    [Fact]
    public async Task A_read_that_waits_for_the_device_is_a_miss_where_a_punch_overtakes_it()
    {
        for (long page = 0; page < 9; page++)
            Assert.True(await Store.WriteAsync(File, page));
        Files.NeverWaits = false;
        using var held = new Hold("read");
        held.Apply(Files);
        Task<bool> read = Store.ReadAndCheckAsync(File, 0);
        await held.Reached;
        Assert.True(await Store.WriteAsync(File, 9));
        await Store.Settled;
        Assert.False(Store.Contains(File, 0));
        held.Release();
        Assert.False(await read);
        Assert.Equal(0, Store.Status.Healed);
    }

    /// <summary>Holds: PageReader.Read and PageRemovals.TryMarkDamaged, each, look again: damage found in one life of a page does not end the next.</summary>
    [Fact]
    public async Task Damage_that_a_refill_overtakes_does_not_drop_the_refilled_page()
    {
        for (long page = 0; page < 2; page++)
            Assert.True(await Store.WriteAsync(File, page));
        await ReopenAsync();
        using (FileStream backing = System.IO.File.OpenWrite(Assert.Single(BackingFiles(Path))))
            backing.Write(new byte[PageSize]);
        using var held = new Hold("read", after: true);
        held.Apply(Files);
        Task<bool> first = Store.ReadAndCheckAsync(File, 0);
        await held.Reached;
        // Another reader finds the damage first, and the page comes again.
        Assert.False(await Store.ReadAndCheckAsync(File, 0));
        Assert.True(await Store.WriteAsync(File, 0));
        held.Release();
        Assert.False(await first);
        Assert.Equal(1, Store.Status.Healed);
        Assert.True(await Store.ReadAndCheckAsync(File, 0), "The refilled page was dropped for the damage of its predecessor.");
    }
}
