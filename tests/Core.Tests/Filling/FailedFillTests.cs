using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Core.Tests.Filling;

/// <summary>A fill whose source fails in the middle, while the store has not yet taken the pages before.</summary>
public sealed class FailedFillTests
{
    private const int Page = NodeUnderTest.PageSize;

    [Fact]
    public async Task A_page_that_the_store_has_yet_to_write_does_not_become_another_fills_bytes()
    {
        GatedPageStore store = null!;
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(wrapStore: inner => store = new GatedPageStore(inner));
        byte[] content = await node.PutAsync("f", 4 * Page);
        CacheFile file = await FailAfterFirstPageAsync(node, beforeFailure: () => Task.CompletedTask);

        // Their fills take what buffers are free.
        for (int i = 0; i < 8; i++)
        {
            await node.PutAsync($"other{i}", Page, seed: 100 + i);
            await node.ReadAsync($"/other{i}");
        }
        store.Open();
        await store.Written;
        await node.SettledAsync();

        Assert.Equal(Page, await node.Files.GetCachedBytesAsync(file.Ref, default));
        Assert.Equal(content[..Page], await node.ReadAsync("/f", 0, Page));
    }

    [Fact]
    public async Task What_it_brought_before_it_failed_does_not_outlive_a_free()
    {
        GatedPageStore store = null!;
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(wrapStore: inner => store = new GatedPageStore(inner));
        await node.PutAsync("f", 4 * Page);
        CacheFile file = await FailAfterFirstPageAsync(
            node, beforeFailure: () => node.Files.FreeAsync(CachePath.Parse("/f"), recursive: false, default));

        store.Open();
        await store.Written;
        await node.SettledAsync();

        Assert.Equal(0, await node.Files.GetCachedBytesAsync(file.Ref, default));
    }

    /// <summary>Opens "/f" and reads its first page; then its source fails, and works again afterwards.</summary>
    private static async Task<CacheFile> FailAfterFirstPageAsync(NodeUnderTest node, Func<Task> beforeFailure)
    {
        node.Source.StopAfter = Page;
        node.Source.Close();
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        byte[] bytes = new byte[Page];
        Assert.Equal(Page, await file.ReadAsync(0, bytes, 4 * Page, default));
        ValueTask<int> second = file.ReadAsync(Page, bytes, Page, default);
        await node.Source.Arrived.Task;
        await beforeFailure();
        node.Source.Failure = new CacheException(CacheError.Unavailable, "The test made this read fail.");
        node.Source.Open();
        await Assert.ThrowsAsync<CacheException>(async () => await second);
        node.Source.Failure = null;
        return file;
    }
}
