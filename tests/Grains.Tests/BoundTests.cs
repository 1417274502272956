namespace Orleans.Cache.Grains.Tests;

/// <summary>Activations come, are bounded, and go; what is cached does not depend on them.</summary>
[Collection(OneAtATime.Name)]
public sealed class BoundTests
{
    [Fact]
    public async Task More_files_than_activations_may_live_are_served_all_the_same()
    {
        const int Most = 1000;
        await using GridNodes grid = await GridNodes.StartAsync(1, ",mode=immutable", "--max-activations", $"{Most}");
        string[] names = [.. Enumerable.Range(0, 3 * Most).Select(i => $"f{i}")];
        foreach (string name in names)
            grid.Put(name, 10);

        foreach (string[] some in names.Chunk(100))
        {
            await Task.WhenAll(some.Select(name => grid[0].LengthAsync(name)));
            Assert.InRange(grid[0].Live.Count, 1, Most);
        }

        Assert.Equal(names.Length, grid[0].Live.Made.Value);
        Assert.Equal(Most, grid[0].Live.Count);
        // Who left is back when it is asked; what was believed the engine still believes.
        long stats = grid[0].Counters.UfsStats.Value;
        Assert.Equal(10, await grid[0].LengthAsync(names[0]));
        Assert.Equal(stats, grid[0].Counters.UfsStats.Value);
    }

    [Fact]
    public async Task Collected_grains_leave_what_is_cached()
    {
        await using GridNodes grid = await GridNodes.StartAsync(1);
        byte[] content = grid.Put("f", 2 * CacheLimits.MiB);
        await grid.UntilOldEnoughAsync("f");
        await grid[0].ReadAsync("f");
        Assert.InRange(grid[0].Live.Count, 2, 3);

        await grid[0].Factory.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        await GridNodes.UntilAsync(() => grid[0].Live.Count == 0, "activations");

        long pages = grid[0].Counters.PagesFilled.Value;
        Assert.Equal(content, await grid[0].ReadAsync("f"));
        Assert.Equal(pages, grid[0].Counters.PagesFilled.Value);
    }
}
