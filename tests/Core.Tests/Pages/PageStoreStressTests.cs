using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

public sealed class PageStoreStressTests
{
    [Fact]
    public async Task Readers_writers_drops_and_evictions_side_by_side_serve_only_right_bytes()
    {
        using var root = new TemporaryDirectory(onTmpfs: true);
        await using FilePageStore store = await OpenAsync(root, 40 * PageSize, new CacheLimits { MaxOpenBackingFiles = 8 });
        FileRef[] files = [.. Enumerable.Range(0, 20).Select(i => NewFile($"d{i % 4}/f{i}", 1 + i * PageSize))];
        Dictionary<PageId, byte[]> contents = files
            .SelectMany(f => Enumerable.Range(0, (int)f.PageCount).Select(p => (Id: new PageId(f.Id, p), Bytes: Bytes(f, p))))
            .ToDictionary(p => p.Id, p => p.Bytes);
        long hits = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() => WorkAsync(new Random(worker)))));
        Assert.True(Interlocked.Read(ref hits) > 100);
        StoreDirectory directory = store.Directories[0];
        await directory.Settled;
        Assert.InRange(directory.OpenFiles, 0, 8);
        await store.DropAsync(Source, "", true, default);
        Assert.Equal((0, 0, 0, 0), (directory.Status.Used, directory.Status.Files, directory.Status.Pages, directory.Status.Healed));
        Assert.Empty(BackingFiles(root["store"]));

        async Task WorkAsync(Random random)
        {
            var buffer = new byte[PageSize];
            for (int step = 0; step < 4000; step++)
            {
                FileRef file = files[random.Next(files.Length)];
                long page = random.NextInt64(file.PageCount);
                byte[] expected = contents[new PageId(file.Id, page)];
                int choice = random.Next(100);
                if (choice < 30)
                {
                    await store.WriteAsync(file, page, expected, default);
                }
                else if (choice < 99)
                {
                    Memory<byte> target = buffer.AsMemory(0, expected.Length);
                    if (!await store.ReadAsync(file, page, 0, target, default))
                        continue;
                    Interlocked.Increment(ref hits);
                    Assert.True(target.Span.SequenceEqual(expected), "Wrong bytes were served.");
                }
                else
                {
                    await store.DropAsync(Source, file.Key, false, default);
                }
            }
        }
    }

    [Fact]
    public async Task Contents_spread_over_directories_by_quota_and_stay_where_they_are()
    {
        using var root = new TemporaryDirectory(onTmpfs: true);
        FileRef[] files = [.. Enumerable.Range(0, 600).Select(i => NewFile($"f{i}", 10))];
        for (int round = 0; round < 2; round++)
        {
            await using FilePageStore store = await FilePageStore.OpenAsync(
                [new StoreDirectoryOptions(root["one"], 1L << 30), new StoreDirectoryOptions(root["two"], 2L << 30)], PageSize,
                () => new FifoPolicy(), new CacheLimits(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, default);
            foreach (FileRef file in files)
                Assert.Equal(round == 0, await store.WriteAsync(file, 0));
            IReadOnlyList<StoreDirectoryStatus> status = store.GetStatus();
            Assert.Equal(600, status.Sum(s => s.Pages));
            Assert.InRange(status[0].Pages, 140, 260);
            if (round == 1)
                Assert.Equal(600, (await store.DropAsync(Source, "", true, default)).Pages);
        }
    }
}
