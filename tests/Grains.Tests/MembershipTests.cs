using Microsoft.Extensions.DependencyInjection;
using Orleans.Cache.Grains.Placement;

namespace Orleans.Cache.Grains.Tests;

/// <summary>Silos that come and go: the ring follows at once, nobody sees an error, and nodes that see it differently for a moment do no harm.</summary>
[Collection(OneAtATime.Name)]
public sealed class MembershipTests
{
    private static readonly TimeSpan Stated = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task The_ring_of_every_silo_follows_the_membership_within_a_tenth_of_a_second()
    {
        await using GridNodes grid = await GridNodes.StartAsync(2);
        GridNode[] watchers = [.. grid.Nodes];
        using var watching = new CancellationTokenSource();
        // Once for a silo that comes, once for it leaving.
        Task<TimeSpan>[] delays = [.. watchers.Select(w => DelayAsync(w, members: 3, watching.Token))];

        GridNode third = await grid.AddAsync();
        Assert.All(await Task.WhenAll(delays).WaitAsync(GridNodes.Patience), delay => Assert.True(delay < Stated, $"It took {delay}."));
        await grid.UntilAllSeeAllAsync();

        delays = [.. watchers.Select(w => DelayAsync(w, members: 2, watching.Token))];
        await grid.RemoveAsync(third);
        Assert.All(await Task.WhenAll(delays).WaitAsync(GridNodes.Patience), delay => Assert.True(delay < Stated, $"It took {delay}."));
        await watching.CancelAsync();
    }

    [Fact]
    public async Task Silos_that_come_and_leave_in_order_cost_no_reader_an_error_and_no_page_more_than_a_second_fill()
    {
        const int Files = 24;
        await using GridNodes grid = await GridNodes.StartAsync(3);
        byte[][] contents = [.. Enumerable.Range(0, Files).Select(i => grid.Put($"f{i}", CacheLimits.MiB + 1000, seed: i))];
        await grid.UntilOldEnoughAsync($"f{Files - 1}");
        GridNode[] asked = [grid[0], grid[1]];
        using var stop = new CancellationTokenSource();
        Task<int>[] readers = [.. Enumerable.Range(0, 8).Select(r => Task.Run(() => ReadOnAsync(asked[r % 2], contents, r, stop.Token)))];

        GridNode fourth = await grid.AddAsync();
        await grid.UntilAllSeeAllAsync();
        await grid.RemoveAsync(grid[2]);
        await grid.UntilAllSeeAllAsync();
        await grid.RemoveAsync(fourth);
        await grid.UntilAllSeeAllAsync();
        await stop.CancelAsync();

        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));
        // Two pages a file, each read once, or twice where the ring changed meanwhile; whoever has read it gives it to later owners.
        Assert.InRange(grid.SumOfAll(c => c.PagesFilled), 2 * Files, 2 * Files * 2);
    }

    [Fact]
    public async Task A_silo_that_leaves_takes_its_own_readers_to_the_end()
    {
        await using GridNodes grid = await GridNodes.StartAsync(3);
        byte[][] contents = [.. Enumerable.Range(0, 9).Select(i => grid.Put($"f{i}", 200_000, seed: i))];
        GridNode leaving = grid[2];
        using var stop = new CancellationTokenSource();
        Task<int> reader = Task.Run(() => ReadOnAsync(leaving, contents, 0, stop.Token));
        await GridNodes.UntilAsync(() => leaving.Counters.ForwardedReads.Value > 0, "readers that have not begun");

        await leaving.LeaveGridAsync();
        int served = 0;
        foreach (byte[] content in contents)
            Assert.Equal(content, await leaving.ReadAsync($"f{served++}"));

        await stop.CancelAsync();
        Assert.True(await reader > 0);
    }

    /// <summary>
    /// The third node sees a ring without the fourth, all others one with it: it goes on taking the fourth's keys for its own, or for
    /// others'. Its grains are placed where it thinks, and found where the others think.
    /// </summary>
    [Fact]
    public async Task Requests_while_two_rings_are_believed_in_bring_the_right_bytes()
    {
        const int Files = 40;
        await using GridNodes grid = await GridNodes.StartAsync(2);
        LateMembership? late = null;
        GridNode behind = await grid.AddAsync(null, services => services.AddSingleton(all =>
            new SiloRings(late = new LateMembership(all.GetRequiredService<IClusterMembershipService>()))));
        await grid.UntilAllSeeAllAsync();
        byte[][] contents = [.. Enumerable.Range(0, Files).Select(i => grid.Put($"f{i}", 50_000, seed: i))];

        late!.Hold();
        GridNode fourth = await grid.AddAsync();
        await GridNodes.UntilAsync(() => grid.Nodes.Where(n => n != behind).All(n => n.Rings.Current.Ring.Members.Count == 4), "silos that do not see the fourth");
        Assert.Equal(3, behind.Rings.Current.Ring.Members.Count);

        for (int i = 0; i < Files; i++)
        {
            foreach (GridNode node in grid.Nodes)
                Assert.Equal(contents[i], await node.ReadAsync($"f{i}"));
        }
        await fourth.WriteAsync("f0", contents[1]);
        foreach (GridNode node in grid.Nodes)
            Assert.Equal(contents[1], await node.ReadAsync("f0"));

        late.Release();
        await grid.UntilAllSeeAllAsync();
        Assert.Equal(contents[2], await behind.ReadAsync("f2"));
    }

    [Fact]
    public async Task Activations_whose_owner_is_another_silo_now_leave()
    {
        await using GridNodes grid = await GridNodes.StartAsync(1);
        for (int i = 0; i < 100; i++)
        {
            grid.Put($"f{i}", 10);
            await grid[0].LengthAsync($"f{i}");
        }
        Assert.Equal(100, grid[0].Live.Count);

        await grid.AddAsync();
        await grid.UntilAllSeeAllAsync();

        SiloRing ring = grid[0].Rings.Current;
        await GridNodes.UntilAsync(
            () => grid[0].Live.Snapshot().All(a => ring.SiloOf(a.GrainId)!.Equals(grid[0].Service<ILocalSiloDetails>().SiloAddress)), "activations that have moved");
        Assert.InRange(grid[0].Live.Count, 20, 80);
    }

    /// <summary>From the moment the membership says so until the ring that requests are routed by says so.</summary>
    private static async Task<TimeSpan> DelayAsync(GridNode node, int members, CancellationToken cancellationToken)
    {
        await foreach (ClusterMembershipSnapshot snapshot in node.Service<IClusterMembershipService>().MembershipUpdates.WithCancellation(cancellationToken))
        {
            if (snapshot.Members.Values.Count(m => m.Status == SiloStatus.Active) != members)
                continue;
            long told = TimeProvider.System.GetTimestamp();
            while (node.Engine.Cluster!.Ring.Members.Count != members)
                await Task.Delay(1, cancellationToken);
            return TimeProvider.System.GetElapsedTime(told);
        }
        throw new InvalidOperationException("The membership ended.");
    }

    private static async Task<int> ReadOnAsync(GridNode node, byte[][] contents, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        int reads = 0;
        for (; !cancellationToken.IsCancellationRequested; reads++)
        {
            int file = random.Next(contents.Length);
            byte[] read = await node.ReadAsync($"f{file}");
            Assert.True(read.AsSpan().SequenceEqual(contents[file]), $"f{file} through {node.Name} is not the file.");
        }
        return reads;
    }
}
