using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>
/// A free drops a file while a fill brings pages of it: a page that is published after the drop has searched must not stay. The
/// page here is complete, and its commit is held while the free runs from end to end. (FillTests has the free that comes while
/// the source still sends.)
/// </summary>
public sealed class FreeAgainstFillTests
{
    private const int Page = NodeUnderTest.PageSize;

    /// <summary>Holds: FillRun drops what it brought where its fill was abandoned.</summary>
    [Fact]
    public async Task A_page_that_is_committed_after_a_free_does_not_stay()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        UfsHold commits = await FreeDuringCommitAsync(node, pages: 1);
        commits.Release();
        await node.SettledAsync();
        Assert.Equal(0, node.Store.GetStatus().Sum(s => s.Pages));
    }

    /// <summary>Holds: FillRun drops what it brought also when its source has failed after the free.</summary>
    [Fact]
    public async Task A_page_that_is_committed_after_a_free_does_not_stay_where_the_source_fails_then()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        node.Source.HoldReadsAfter = Page;
        UfsHold reads = node.Source.Hold(UfsRequest.Read);
        UfsHold commits = await FreeDuringCommitAsync(node, pages: 2);
        node.Source.ReadFailure = new CacheException(CacheError.Unavailable, "The source is down.");
        reads.Release();
        commits.Release();
        await node.SettledAsync();
        Assert.Equal(0, node.Store.GetStatus().Sum(s => s.Pages));
    }

    /// <summary>Holds: FillRun drops what it brought also when the node stops: what was freed must not come back with the next start.</summary>
    [Fact]
    public async Task A_page_that_is_committed_after_a_free_is_not_there_after_a_restart()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        UfsHold commits = await FreeDuringCommitAsync(node, pages: 1);
        ValueTask stopped = node.Node.DisposeAsync();
        commits.Release();
        await stopped;
        await node.Store.DisposeAsync();
        await using FilePageStore next = await node.OpenStoreAsync();
        Assert.Equal(0, next.GetStatus().Sum(s => s.Pages));
    }

    private static async Task<UfsHold> FreeDuringCommitAsync(NodeUnderTest node, int pages)
    {
        await node.PutAsync("d/f", pages * Page);
        UfsHold commits = node.Held.Hold(StoreStep.Commit);
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/d/f"), default);
        Assert.True(await file.ReadAsync(0, new byte[Page], pages * Page, default) > 0);
        await commits.ArrivedAsync();
        await node.Files.FreeAsync(CachePath.Parse("/d"), recursive: true, default);
        return commits;
    }
}
