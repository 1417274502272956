using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Identity;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>A writer waits for the room that the evictor makes, and leaves before it comes.</summary>
public sealed class WriterAgainstEvictionTests : StoreSchedule
{
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
