using Orleans.Cache.Core.Tests.Pages;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>The evictor clears a page's bit, a filler writes the page and sets the bit, the evictor punches: zeros. So Evicting excludes Filling.</summary>
public sealed class EvictAgainstRefillTests() : StoreSchedule(pages: 100)
{
    /// <summary>Holds: PageFills.TryBegin takes a page only where it is Absent, not where it is Evicting.</summary>
    [Fact]
    public async Task A_page_cannot_be_filled_before_its_punch_is_over()
    {
        using var held = new Hold("punch");
        for (long page = 0; page < 95; page++)
            Assert.True(await Store.WriteAsync(File, page));
        held.Apply(Files);
        Assert.True(await Store.WriteAsync(File, 95));
        await held.Reached;
        Assert.False(Store.Contains(File, 0));
        Assert.True(await Store.WriteAsync(File, 96), "There is no room, so that what follows would prove nothing.");
        Assert.False(await Store.WriteAsync(File, 0), "A page was filled while it was being punched: the punch would zero it.");
        held.Release();
        await Store.Settled;
        Assert.True(await Store.WriteAsync(File, 0));
        Assert.True(await Store.ReadAndCheckAsync(File, 0));
    }
}
