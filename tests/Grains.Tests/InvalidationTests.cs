using Orleans.Cache.Grains.Files;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Grains.Tests;

/// <summary>The file's grain as the one place where it changes: what a writer is promised, and what every node hears.</summary>
[Collection(OneAtATime.Name)]
public sealed class InvalidationTests
{
    /// <summary>What docs/CLUSTER.md states; messages take milliseconds.</summary>
    private static readonly TimeSpan Stated = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task What_was_written_through_one_node_is_seen_through_all_in_every_mode()
    {
        await using GridNodes grid = await GridNodes.StartAsync(3, ",rw,mode=immutable");
        for (int round = 0; round < 9; round++)
        {
            byte[] content = new byte[100 + round];
            new Random(round).NextBytes(content);
            await grid[round % 3].WriteAsync("f", content);
            foreach (GridNode node in grid.Nodes)
            {
                Assert.Equal(content.Length, await node.LengthAsync("f"));
                Assert.Equal(content, await node.ReadAsync("f"));
            }
        }
        await grid[1].DeleteAsync("f");
        foreach (GridNode node in grid.Nodes)
            Assert.Null(await node.LengthAsync("f"));
    }

    [Fact]
    public async Task A_change_told_to_the_file_s_grain_reaches_every_node_within_the_stated_time()
    {
        await using GridNodes grid = await GridNodes.StartAsync(3, ",mode=immutable");
        grid.Put("f", 10);
        // Every node believes it, also those that are asked only while the owner is away.
        foreach (GridNode node in grid.Nodes)
            Assert.Equal(10, await node.BelievedLengthAsync("f"));
        grid.Put("f", 20);
        foreach (GridNode node in grid.Nodes)
            Assert.Equal(10, await node.BelievedLengthAsync("f"));

        await FileGrain(grid[2], "f").ChangedAsync(recursive: false);

        long told = TimeProvider.System.GetTimestamp();
        foreach (GridNode node in grid.Nodes)
            await UntilBelievedAsync(node, "f", 20);
        Assert.True(TimeProvider.System.GetElapsedTime(told) < Stated, $"It took {TimeProvider.System.GetElapsedTime(told)}.");
        Assert.Equal(3, grid.Sum(n => n.Grains.NodeCalls));
    }

    [Fact]
    public async Task A_message_that_comes_late_makes_no_node_forget_what_it_learnt_since()
    {
        await using GridNodes grid = await GridNodes.StartAsync(1, ",mode=immutable");
        grid.Put("f", 10);
        InvalidationEpoch early = grid[0].Service<EpochIssuer>().Next(), late = grid[0].Service<EpochIssuer>().Next();
        INodeGrain node = grid[0].Factory.GetGrain<INodeGrain>(GrainKey.OfNode("n1"));
        await node.ForgetAsync("/f", false, late);
        await GridNodes.UntilAsync(() => grid[0].Grains.NodeCalls.Value == 1, "messages under way");
        Assert.Equal(10, await grid[0].BelievedLengthAsync("f"));
        grid.Put("f", 20);

        await node.ForgetAsync("/f", false, early);
        await GridNodes.UntilAsync(() => grid[0].Grains.NodeCalls.Value == 2, "messages under way");
        Assert.Equal(10, await grid[0].BelievedLengthAsync("f"));

        await node.ForgetAsync("/f", true, early);
        await UntilBelievedAsync(grid[0], "f", 20);
    }

    /// <summary>
    /// Everybody asks and tells everybody at once, each stat taking its time, with files whose grains live on all three nodes: a grain
    /// that held its turn while it waited for another would be waited for in a circle.
    /// </summary>
    [Fact]
    public async Task Calls_in_circles_end_though_everything_is_slow()
    {
        await using GridNodes grid = await GridNodes.StartAsync(3, ",rw,mode=strict,latency=20ms");
        string[] names = [.. Enumerable.Range(0, 6).Select(i => $"f{i}")];
        foreach (string name in names)
            grid.Put(name, 100);

        Task all = Task.WhenAll(Enumerable.Range(0, 120).Select(i => Task.Run(async () =>
        {
            GridNode node = grid[i % 3];
            string name = names[i / 3 % names.Length];
            await (i % 5 == 0 ? node.WriteAsync(name, new byte[100]) : node.LengthAsync(name));
            await FileGrain(node, names[(i + 1) % names.Length]).ChangedAsync(recursive: i % 2 == 0);
            await FileGrain(grid[(i + 1) % 3], name).GetStatusAsync();
        })));

        await all.WaitAsync(GridNodes.Patience);
        foreach (GridNode node in grid.Nodes)
            Assert.Equal(100, await node.LengthAsync("f0"));
    }

    private static IFileGrain FileGrain(GridNode node, string name)
    {
        CachePath path = CachePath.Parse("/" + name);
        MountedKey at = node.Engine.Files.Mounts.TryResolve(path, out MountedKey found) ? found : default;
        return node.Factory.GetGrain<IFileGrain>(GrainKey.OfFile(RingKey.OfFile(at.Mount.Storage.Identity, at.Key), path));
    }

    private static async Task UntilBelievedAsync(GridNode node, string name, long length)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (await node.BelievedLengthAsync(name) != length)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < GridNodes.Patience, $"{node.Name} was not told.");
            await Task.Yield();
        }
    }
}
