using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>Random histories against a model: what may be read is exactly what was kept and not dropped since, and only ever with the right bytes.</summary>
public sealed class PageStoreModelTests
{
    [Theory]
    [InlineData(1, 1000)]
    [InlineData(2, 1000)]
    [InlineData(3, 12)]
    [InlineData(4, 40)]
    public async Task The_store_holds_what_the_model_holds(int seed, int quotaPages)
    {
        using var root = new TemporaryDirectory(onTmpfs: seed % 2 == 0);
        var random = new Random(seed);
        long quota = (long)quotaPages * PageSize;
        FileRef[] files = [.. Enumerable.Range(0, 12).Select(i => NewFile($"d{i % 3}/f{i / 2}", 1 + random.Next(200 * PageSize), $"v{i % 2}"))];
        var kept = new HashSet<PageId>();
        FilePageStore store = await OpenAsync(root, quota);
        for (int step = 0; step < 3000; step++)
        {
            FileRef file = files[random.Next(files.Length)];
            long page = random.NextInt64(file.PageCount);
            var id = new PageId(file.Id, page);
            switch (random.Next(100))
            {
                case < 50:
                    bool there = store.Contains(file, page);
                    bool wrote = await store.WriteAsync(file, page);
                    Assert.True(!wrote || !there || quotaPages < 1000, "A page that is there was kept again.");
                    if (wrote)
                        kept.Add(id);
                    break;
                case < 96:
                    bool read = await store.ReadAndCheckAsync(file, page);
                    Assert.True(!read || kept.Contains(id), "A page was read that was never kept, or was dropped.");
                    Assert.True(read || !kept.Contains(id) || quotaPages < 1000, "A page is gone though there was room.");
                    break;
                case < 98:
                    await store.DropAsync(Source, file.Key, false, default);
                    foreach (FileRef dropped in files.Where(f => f.Key == file.Key))
                        kept.RemoveWhere(k => k.File == dropped.Id);
                    break;
                case < 99 when random.Next(4) == 0:
                    string directory = $"d{random.Next(3)}";
                    await store.DropAsync(Source, directory, true, default);
                    foreach (FileRef dropped in files.Where(f => f.Key.StartsWith(directory + '/', StringComparison.Ordinal)))
                        kept.RemoveWhere(k => k.File == dropped.Id);
                    break;
                case 99:
                    await store.DisposeAsync();
                    store = await OpenAsync(root, quota);
                    break;
            }
            Assert.InRange(store.GetStatus()[0].Used, 0, quota);
        }
        await store.Directories[0].Settled;
        await CheckFiguresAsync(root, store, files);
    }

    /// <summary>Figures agree with what can be read, and the disk holds no block beyond them.</summary>
    private static async Task CheckFiguresAsync(TemporaryDirectory root, FilePageStore store, FileRef[] files)
    {
        long pages = 0, bytes = 0;
        foreach (FileRef file in files)
        {
            long before = bytes;
            for (long page = 0; page < file.PageCount; page++)
            {
                if (!await store.ReadAndCheckAsync(file, page))
                    continue;
                pages++;
                bytes += file.PageLength(page);
            }
            Assert.Equal(bytes - before, store.CachedBytes(file));
        }
        StoreDirectoryStatus status = store.GetStatus()[0];
        await store.DisposeAsync();
        Assert.Equal(0, status.Healed);
        Assert.Equal(pages, status.Pages);
        Assert.InRange(status.Used, bytes, bytes + files.Length * 4096);
        string[] backing = BackingFiles(root["store"]);
        Assert.Equal(status.Files, backing.Length);
        Assert.InRange(backing.Sum(Allocated), bytes, status.Used + backing.Length * 2 * 4096);
    }
}
