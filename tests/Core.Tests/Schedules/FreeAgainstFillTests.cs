using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
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

    /// <summary>Holds: whoever began the fill of a first page looks whether a free has come since it was asked for, at whatever path.</summary>
    [Theory]
    [InlineData("/d/f", "/d")]
    [InlineData("/d/f", "/")]
    [InlineData("/same/d/f", "/d")]
    public async Task A_first_page_that_is_answered_after_a_free_does_not_stay(string opened, string freed)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        ShowTwice(node);
        UfsHold answer = await HoldFirstAsync(node);
        Task<CacheFile> opening = await OpenAsync(node, opened, answer);
        await node.Files.FreeAsync(CachePath.Parse(freed), recursive: true, default);
        await ExpectNothingStaysAsync(node, opening, answer);
    }

    /// <summary>Holds: only a free of the file counts, or so many that nobody knows any more of what they were.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(64, 1)]
    [InlineData(65, 0)]
    public async Task A_first_page_stays_whatever_else_is_freed(int frees, int pages)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        UfsHold answer = await HoldFirstAsync(node);
        Task<CacheFile> opening = await OpenAsync(node, "/d/f", answer);
        for (int i = 0; i < frees; i++)
            await node.Files.FreeAsync(CachePath.Parse("/d/other"), recursive: false, default);
        answer.Release();
        await opening;
        await node.SettledAsync();
        Assert.Equal(pages, node.Store.GetStatus().Sum(s => s.Pages));
    }

    /// <summary>Holds: a free is noted before it looks for fills; one that begins afterwards finds it, although the free goes on.</summary>
    [Fact]
    public async Task A_first_page_that_is_answered_while_a_free_drops_pages_does_not_stay()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        UfsHold answer = await HoldFirstAsync(node), read = node.Source.Hold(UfsRequest.Read), drop = node.Held.Hold(StoreStep.Drop);
        Task<CacheFile> opening = await OpenAsync(node, "/d/f", answer);
        Task freeing = node.Files.FreeAsync(CachePath.Parse("/d"), recursive: true, default);
        await drop.ArrivedAsync();
        answer.Release();
        await read.ArrivedAsync();
        drop.Release();
        await freeing;
        read.Release();
        await ExpectNothingStaysAsync(node, opening, answer);
    }

    /// <summary>Holds: as above, where the mount that showed the file has gone, and where another shows it still.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_first_page_that_is_answered_after_its_under_storage_was_freed_does_not_stay(bool isUnmounted)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        UfsHold answer = await HoldFirstAsync(node);
        Task<CacheFile> opening = await OpenAsync(node, "/d/f", answer);
        if (isUnmounted)
            node.Mounts = new MountTable(2, []);
        node.Node.TakeMounts();
        await node.Node.FreeAsync(node.Source.Identity, default);
        await ExpectNothingStaysAsync(node, opening, answer);
    }

    private static void ShowTwice(NodeUnderTest node) =>
        node.Mounts = new MountTable(2, [.. node.Mounts.Mounts, new Mount(CachePath.Parse("/same"), node.Source, Freshness.Default)]);

    private static async Task<UfsHold> HoldFirstAsync(NodeUnderTest node)
    {
        node.Source.OpensFirst = true;
        await node.PutAsync("d/f", Page);
        return node.Source.Hold(UfsRequest.FirstAnswer);
    }

    private static async Task<Task<CacheFile>> OpenAsync(NodeUnderTest node, string path, UfsHold answer)
    {
        Task<CacheFile> opening = node.Files.OpenAsync(CachePath.Parse(path), default).AsTask();
        await answer.ArrivedAsync();
        return opening;
    }

    private static async Task ExpectNothingStaysAsync(NodeUnderTest node, Task<CacheFile> opening, UfsHold answer)
    {
        answer.Release();
        await opening;
        await node.SettledAsync();
        Assert.Equal(1, node.Source.Count(UfsRequest.First));
        Assert.Equal((0, 0), (node.Store.GetStatus().Sum(s => s.Pages), node.Source.OpenReaders));
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
