using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Eviction;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>Quotas of under storages in a store of two directories: who is above one makes way for itself, and for nobody else.</summary>
public sealed class QuotaTests : IDisposable
{
    private static readonly UfsIdentity Bounded = new("s3://bounded");
    private static readonly UfsIdentity Other = new("s3://other");

    private readonly TemporaryDirectory _root = new(onTmpfs: true);

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("s3fifo")]
    [InlineData("lru")]
    public async Task What_is_above_a_quota_leaves_and_nothing_of_others_does(string policy)
    {
        await using FilePageStore store = await OpenAsync(policy);
        store.SetQuotas(Quota(20 * PageSize));
        FileRef[] others = Files(Other, 30);
        await WriteAllAsync(store, others);
        FileRef[] bounded = Files(Bounded, 200);
        long most = 0;
        foreach (FileRef file in bounded)
        {
            Assert.True(await store.WriteAsync(file, 0), "A quota with pages that can leave refused one.");
            most = Math.Max(most, store.BytesOf(Bounded));
        }
        await store.EvictionEndedAsync();

        Assert.InRange(most, 18 * PageSize, 20 * PageSize);
        Assert.Equal(store.BytesOf(Bounded), bounded.Sum(store.CachedBytes));
        Assert.All(others, file => Assert.True(store.Contains(file, 0)));
        Assert.Equal(30 * PageSize, store.BytesOf(Other));
        Assert.Equal(store.GetStatus().Sum(s => s.Used), store.BytesOf(Bounded) + store.BytesOf(Other));
    }

    [Fact]
    public async Task A_file_larger_than_its_quota_keeps_what_fits_and_a_page_larger_than_it_is_not_kept()
    {
        await using FilePageStore store = await OpenAsync();
        store.SetQuotas(Quota(8 * PageSize));
        var large = new FileRef(Bounded, "large", new FileVersion("v"), 100 * PageSize, PageSize);
        for (long page = 0; page < large.PageCount; page++)
            Assert.True(await store.WriteAsync(large, page));
        await store.EvictionEndedAsync();
        Assert.InRange(store.CachedBytes(large), 7 * PageSize, 8 * PageSize);

        store.SetQuotas(Quota(PageSize / 2));
        await store.EvictionEndedAsync();
        Assert.Equal(0, store.BytesOf(Bounded));
        Assert.False(await store.WriteAsync(large, 0));
        Assert.Equal(0, store.BytesOf(Bounded));
    }

    [Fact]
    public async Task A_quota_that_is_set_lowered_and_taken_away_counts_at_once()
    {
        await using FilePageStore store = await OpenAsync();
        FileRef[] files = Files(Bounded, 50);
        await WriteAllAsync(store, files);
        store.SetQuotas(Quota(40 * PageSize));
        await store.EvictionEndedAsync();
        Assert.Equal(36 * PageSize, store.BytesOf(Bounded));
        store.SetQuotas(Quota(10 * PageSize));
        await store.EvictionEndedAsync();
        Assert.Equal(9 * PageSize, store.BytesOf(Bounded));
        store.SetQuotas(new Dictionary<UfsIdentity, long>());
        await WriteAllAsync(store, files);
        Assert.Equal(50 * PageSize, store.BytesOf(Bounded));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_recovered_counts_again(bool isFilledBeforeItsNamesAreRead)
    {
        FileRef[] files = Files(Bounded, 40);
        var sparse = new FileRef(Bounded, "sparse", new FileVersion("v"), 200 * PageSize, PageSize);
        await using (FilePageStore store = await OpenAsync())
        {
            await WriteAllAsync(store, files);
            await WriteAllAsync(store, Files(Other, 10));
            Assert.True(await store.WriteAsync(sparse, 3) && await store.WriteAsync(sparse, 130));
        }
        var time = new ManualTimeProvider();
        await using FilePageStore again = await OpenAsync(time: isFilledBeforeItsNamesAreRead ? time : null);
        if (isFilledBeforeItsNamesAreRead)
        {
            Assert.Equal(0, again.BytesOf(Bounded));
            Assert.True(await again.WriteAsync(sparse, 70));
            Assert.Equal(3 * PageSize, again.BytesOf(Bounded));
            Task swept = Task.WhenAll(again.Directories.Select(d => d.Swept));
            while (!swept.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
        }
        await Task.WhenAll(again.Directories.Select(d => d.Swept));
        Assert.Equal((isFilledBeforeItsNamesAreRead ? 43 : 42) * PageSize, again.BytesOf(Bounded));
        Assert.Equal(10 * PageSize, again.BytesOf(Other));

        again.SetQuotas(Quota(20 * PageSize));
        await again.EvictionEndedAsync();
        Assert.Equal(18 * PageSize, again.BytesOf(Bounded));
        Assert.Equal(10 * PageSize, again.BytesOf(Other));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_happens_the_figures_are_those_of_the_pages_that_are_there(int seed)
    {
        var random = new Random(seed);
        UfsIdentity[] storages = [Bounded, Other, new("s3://third")];
        FileRef[] files = [.. storages.SelectMany(s => Enumerable.Range(0, 8).Select(i => new FileRef(s, $"f{i}", new FileVersion("v"), 1 + i * 11 * PageSize, PageSize)))];
        for (int life = 0; life < 3; life++)
        {
            await using FilePageStore store = await OpenAsync();
            await Task.WhenAll(store.Directories.Select(d => d.Swept));
            store.SetQuotas(Quota(random.Next(5, 60) * PageSize));
            await Parallel.ForEachAsync(Enumerable.Range(0, 800), async (i, _) =>
            {
                FileRef file = files[(int)((uint)HashCode.Combine(seed, life, i) % files.Length)];
                if (i % 50 == 0)
                    await store.DropAsync(file);
                else
                    await store.WriteAsync(file, i % file.PageCount);
            });
            await store.EvictionEndedAsync();
            foreach (UfsIdentity storage in storages)
                Assert.Equal(files.Where(f => f.Identity == storage).Sum(f => Allocated(store, f)), store.BytesOf(storage));
        }
    }

    /// <summary>The last page of each of those files is one byte, and takes a block.</summary>
    private static long Allocated(FilePageStore store, FileRef file) => store.CachedBytes(file) + (store.Contains(file, file.PageCount - 1) ? 4095 : 0);

    private static Dictionary<UfsIdentity, long> Quota(long bytes) => new() { [Bounded] = bytes };

    private static FileRef[] Files(UfsIdentity storage, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new FileRef(storage, $"file{i}", new FileVersion("v"), PageSize, PageSize))];

    private static async Task WriteAllAsync(FilePageStore store, FileRef[] files)
    {
        foreach (FileRef file in files)
            Assert.True(store.Contains(file, 0) || await store.WriteAsync(file, 0));
    }

    private Task<FilePageStore> OpenAsync(string policy = "s3fifo", TimeProvider? time = null) => FilePageStore.OpenAsync(
        [new StoreDirectoryOptions(_root["one"], 1L << 30), new StoreDirectoryOptions(_root["two"], 1L << 30)], PageSize,
        () => EvictionPolicies.Create(policy), new CacheLimits(), time ?? TimeProvider.System, NullLogger.Instance, default);
}
