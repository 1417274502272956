using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

public sealed class FilePageStoreTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pages_that_were_written_read_back_whole_and_in_parts_also_after_a_restart(bool onTmpfs)
    {
        using var root = new TemporaryDirectory(onTmpfs);
        FileRef file = NewFile("a/b", 5 * PageSize + 100);
        await using (FilePageStore store = await OpenAsync(root))
        {
            foreach (long page in new long[] { 5, 0, 3 })
                Assert.True(await store.WriteAsync(file, page));
            await CheckAsync(store);
        }
        await using (FilePageStore store = await OpenAsync(root))
            await CheckAsync(store);

        async Task CheckAsync(FilePageStore store)
        {
            Assert.Equal(2 * PageSize + 100, store.CachedBytes(file));
            for (long page = 0; page < 6; page++)
                Assert.Equal(page is 0 or 3 or 5, await store.ReadAndCheckAsync(file, page));
            var part = new byte[1000];
            Assert.True(await store.ReadAsync(file, 3, 4321, part, default));
            Assert.Equal(Bytes(file, 3)[4321..5321], part);
            Assert.Equal(PageRead.Hit, store.TryRead(file, 5, 90, part.AsSpan(0, 10)));
            Assert.Equal(PageRead.Miss, store.TryRead(file, 5, 91, part.AsSpan(0, 10)));
            Assert.Equal(PageRead.Miss, store.TryRead(file, 6, 0, part));
            Assert.Equal(PageRead.Miss, store.TryRead(file, long.MaxValue, 0, part));
            Assert.Equal(3, store.GetStatus()[0].Pages);
            Assert.Equal(1, store.GetStatus()[0].Files);
            Assert.False(await store.WriteAsync(file, 3), "A page that is there was kept again.");
        }
    }

    [Fact]
    public async Task Dropping_a_key_drops_all_its_versions_and_with_recursive_all_below_it()
    {
        using var root = new TemporaryDirectory(onTmpfs: true);
        FileRef[] files =
        [
            NewFile("a", 10), NewFile("a", 20, "v2"), NewFile("a/x", 30), NewFile("a/y/z", 3 * PageSize), NewFile("ab", 40), NewFile("b", 50),
        ];
        await using FilePageStore store = await OpenAsync(root);
        foreach (FileRef file in files)
        {
            for (long page = 0; page < file.PageCount; page++)
                Assert.True(await store.WriteAsync(file, page));
        }
        Assert.Equal(new DroppedPages(0, 0, 0), await store.DropAsync(Source, "nothing", true, default));
        Assert.Equal(new DroppedPages(0, 0, 0), await store.DropAsync(new UfsIdentity("file:///other"), "", true, default));
        Assert.Equal(new DroppedPages(2, 2, 30), await store.DropAsync(Source, "a", false, default));
        Assert.True(await store.ReadAndCheckAsync(files[2], 0));
        Assert.Equal(new DroppedPages(2, 4, 30 + 3 * PageSize), await store.DropAsync(Source, "a", true, default));
        Assert.Equal(2, BackingFiles(root["store"]).Length);
        Assert.True(await store.ReadAndCheckAsync(files[4], 0));
        Assert.True(await store.WriteAsync(files[3], 1), "What was dropped cannot come again.");
        Assert.True(await store.ReadAndCheckAsync(files[3], 1));
        Assert.Equal(new DroppedPages(3, 3, 90 + PageSize), await store.DropAsync(Source, "", true, default));
        Assert.Equal(0, store.GetStatus()[0].Used);
        Assert.Empty(BackingFiles(root["store"]));
    }

    [Fact]
    public async Task Eviction_keeps_the_quota_and_gives_blocks_back()
    {
        using var root = new TemporaryDirectory();
        const long Quota = 20 * PageSize;
        await using FilePageStore store = await OpenAsync(root, Quota);
        FileRef large = NewFile("large", 100 * PageSize);
        FileRef small = NewFile("small", 5000);
        Assert.True(await store.WriteAsync(small, 0));
        for (long page = 0; page < 100; page++)
            Assert.True(await store.WriteAsync(large, page));
        StoreDirectoryStatus status = store.GetStatus()[0];
        Assert.InRange(status.Used, 1, Quota);
        Assert.InRange(status.Evictions, 80, 101);
        Assert.False(store.Contains(small, 0));
        Assert.True(await store.ReadAndCheckAsync(large, 99));
        await using (var closing = store)
        {
        }
        string backing = Assert.Single(BackingFiles(root["store"]));
        Assert.InRange(Allocated(backing), status.Pages * PageSize / 2, Quota + 16 * 4096);
    }
}
