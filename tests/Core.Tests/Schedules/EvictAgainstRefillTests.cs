using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>The evictor clears a page's bit, a filler writes the page and sets the bit, the evictor punches: zeros. So Evicting excludes Filling.</summary>
public sealed class EvictAgainstRefillTests : StoreSchedule
{
    /// <summary>Holds: PageFills.TryBegin takes a page only where it is Absent, not where it is Evicting.</summary>
    [Fact]
    public async Task A_page_cannot_be_filled_before_its_punch_is_over()
    {
        using var held = new Hold("punch");
        for (long page = 0; page < 9; page++)
            Assert.True(await Store.WriteAsync(File, page));
        held.Apply(Files);
        Assert.True(await Store.WriteAsync(File, 9));
        await held.Reached;
        Assert.False(Store.Contains(File, 0));
        Assert.False(await Store.WriteAsync(File, 0), "A page was filled while it was being punched: the punch would zero it.");
        held.Release();
        await Store.Settled;
        Assert.True(await Store.WriteAsync(File, 0));
        Assert.True(await Store.ReadAndCheckAsync(File, 0));
    }

    /// <summary>Holds: PageWriter.BeginAsync gives the page back where no room was reserved.</summary>
    [Fact]
    public async Task A_writer_that_leaves_while_it_waits_for_room_leaves_nothing_behind()
    {
        for (long page = 0; page < 9; page++)
            Assert.True(await Store.WriteAsync(File, page));
        FileRef big = NewFile("big", 3 * PageSize);
        using var held = new Hold("punch");
        held.Apply(Files);
        Assert.True(await Store.WriteAsync(File, 9));
        await held.Reached;
        using var cancelled = new CancellationTokenSource();
        Task<bool> waiting = Store.WriteAsync(big, 0, cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        held.Release();
        await Store.Settled;
        Assert.True(await Store.WriteAsync(big, 0));
    }
}
