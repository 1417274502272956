using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Core.Tests.Metadata;

public sealed class BoundedMemoryTests
{
    [Fact]
    public async Task Statuses_and_not_theres_stay_within_their_limit()
    {
        using var bench = new MetadataBench(limits: new CacheLimits { MaxStatuses = 200 });
        for (int i = 0; i < 5000; i++)
        {
            await bench.GetAsync($"/missing/{i}");
            Assert.InRange(bench.Cache.StatusCount, 1, 200);
        }
        for (int i = 0; i < 1000; i++)
            bench.Source.Put($"d/{i}");
        await bench.ListAsync("/d");
        Assert.InRange(bench.Cache.StatusCount, 1, 200);
    }

    [Fact]
    public async Task Paths_that_no_mount_holds_take_no_memory()
    {
        using var bench = new MetadataBench();
        bench.Remount(new Mount(CachePath.Parse("/m"), bench.Source, Freshness.Default));
        for (int i = 0; i < 1000; i++)
            Assert.Null(await bench.GetAsync($"/elsewhere/{i}"));
        Assert.Equal(0, bench.Cache.StatusCount);
    }
}
