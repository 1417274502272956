using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>
/// A node stops while a fill runs. Its readers hear of it at once (FillTests); the store closes only after the writes under way;
/// and a source that hangs is left behind, so that what it gives at last touches nothing: the directory is another's by then.
/// </summary>
public sealed class ShutdownAgainstFillTests
{
    private const int Page = NodeUnderTest.PageSize;

    /// <summary>Holds: PageFiller.DisposeAsync waits for its runs, and so the node for the pages that are being written.</summary>
    [Fact]
    public async Task A_page_that_is_being_committed_is_kept_before_the_store_closes()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", Page);
        UfsHold commits = node.Held.Hold(StoreStep.Commit);
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        Assert.True(await file.ReadAsync(0, new byte[Page], Page, default) > 0);
        await commits.ArrivedAsync();

        // The source has given all: nothing has a time limit. Whoever waits for runs has one: from then on it waits, or never will.
        while (node.Time.Timers > 0)
            await Task.Yield();
        Task stopped = node.Node.DisposeAsync().AsTask();
        while (!stopped.IsCompleted && node.Time.Timers == 0)
            await Task.Yield();
        Assert.False(stopped.IsCompleted, "The node has stopped while a page was being written.");
        commits.Release();
        await stopped;
        await node.Store.DisposeAsync();

        await using FilePageStore next = await node.OpenStoreAsync();
        var bytes = new byte[Page];
        Assert.True(await next.ReadAsync(file.Ref, 0, 0, bytes, default));
        Assert.Equal(content, bytes);
    }

    /// <summary>Holds: PageFiller.DisposeAsync gives up on a source that heeds no token, and a closed store takes no page and punches none.</summary>
    [Fact]
    public async Task What_a_hung_source_gives_after_the_end_touches_nothing()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 2 * Page);
        node.Source.IgnoresCancellation = true;
        node.Source.HoldReadsAfter = Page + 1000;
        UfsHold reads = node.Source.Hold(UfsRequest.Read);
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        Assert.True(await file.ReadAsync(0, new byte[Page], 2 * Page, default) > 0);
        await reads.ArrivedAsync();
        Task stopped = node.Node.DisposeAsync().AsTask();
        while (!stopped.IsCompleted)
        {
            node.Time.Advance(node.Limits.DrainTimeout);
            await Task.Yield();
        }
        await node.Store.DisposeAsync();
        await using FilePageStore next = await node.OpenStoreAsync();
        Assert.True(next.Contains(file.Ref, 0));
        Assert.True(await next.WriteAsync(file.Ref, 1, content.AsMemory(Page), default));

        reads.Release();
        await node.SettledAsync();

        var bytes = new byte[2 * Page];
        for (int page = 0; page < 2; page++)
            Assert.True(await next.ReadAsync(file.Ref, page, 0, bytes.AsMemory(page * Page, Page), default));
        Assert.Equal(content, bytes);
    }

    /// <summary>Holds: PageWriter punches nothing once its store is closed. The page of the first store was written in part when it closed.</summary>
    [Fact]
    public async Task A_write_that_outlives_its_store_does_not_punch_the_next_ones_page()
    {
        const int Large = 2 * CacheLimits.TransferPiece;
        using var root = new TemporaryDirectory(onTmpfs: true);
        FileRef file = PageStoreFixture.NewFile("f", 2 * Large, pageSize: Large);
        byte[] bytes = PageStoreFixture.Bytes(file, 1);
        FilePageStore first = await OpenLargeAsync(root, Large);
        Assert.True(await first.WriteAsync(file, 0, PageStoreFixture.Bytes(file, 0), default));
        IPageWrite outliving = (await first.BeginWriteAsync(file, 1, default))!;
        outliving.Offer(bytes.AsSpan(0, CacheLimits.TransferPiece));
        await first.DisposeAsync();
        await using FilePageStore next = await OpenLargeAsync(root, Large);
        Assert.True(await next.WriteAsync(file, 1, bytes, default));

        await Record.ExceptionAsync(() => outliving.CommitAsync(bytes).AsTask());
        await outliving.DisposeAsync();

        var read = new byte[Large];
        Assert.True(await next.ReadAsync(file, 1, 0, read, default));
        Assert.True(bytes.AsSpan().SequenceEqual(read), "A page of an open store was punched by a write of a closed one.");
    }

    private static Task<FilePageStore> OpenLargeAsync(TemporaryDirectory root, int pageSize) => FilePageStore.OpenAsync(
        [new StoreDirectoryOptions(root["store"], CacheLimits.GiB)], pageSize, () => new FifoPolicy(), new CacheLimits(), TimeProvider.System,
        Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, default);
}
