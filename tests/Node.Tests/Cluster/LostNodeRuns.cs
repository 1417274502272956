using System.Diagnostics;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>One of three nodes is killed, frozen or stopped under 64 readers, of the SDK where it must not be noticed: no read fails, no byte is wrong, and it is soon as before.</summary>
/// <param name="output">Where seeds and times are said.</param>
/// <param name="membership">How the nodes find each other.</param>
internal sealed class LostNodeRuns(ITestOutputHelper output, MembershipArguments membership)
{
    public const int Victim = 1;

    /// <summary>Reads that a median is taken of.</summary>
    private const int Enough = 1000;

    /// <summary>Medians of a busy machine differ by themselves, and two nodes share the work of three; a node that is waited for costs a hundred times a read.</summary>
    private const int Tolerance = 10;

    /// <summary>Kill -9, and a restart that refills nothing.</summary>
    /// <param name="noticed">What the others must come to do about it, watched from that moment on.</param>
    public Task KillAsync(Func<NodeCluster, Task> noticed) => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(membership, 3, "--mount", $"/=file://{files.Path}");
        await files.CacheAllAsync(cluster[0]);
        double filled = await cluster.SumAsync("ocache_ufs_pages_total");
        await using ReaderLoad load = await ReaderLoad.StartSdkAsync(files, cluster[0], seed);

        Task watch = Task.CompletedTask;
        await CheckAsync(load, async () =>
        {
            await cluster.KillNodeAsync(Victim);
            watch = noticed(cluster);
        }, TimeSpan.FromSeconds(1));
        await watch;
        await cluster.UntilSeenAsync(Victim, "down");

        // What the lost node owned is read again by those who took it over: all of it before it is counted, whatever the readers have come to.
        await files.CacheAllAsync(cluster[0]);
        double others = await cluster.SumAsync("ocache_ufs_pages_total");
        await cluster.StartNodeAsync(Victim);
        await cluster.UntilSeenAsync(Victim, "up");
        await load.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        await load.StopAsync();
        foreach ((string path, byte[] content) in files.All)
            Assert.Equal(content, await cluster[Victim].GetFileAsync(path));
        Assert.Equal(files.Pages, filled);
        Assert.True(await cluster[Victim].GetMetricAsync("ocache_peer_reads_total") > 0, "The restarted node serves nothing to the others.");
        Assert.Equal(0, await cluster[Victim].GetMetricAsync("ocache_ufs_pages_total"));
        Assert.Equal(others, await cluster.SumAsync("ocache_ufs_pages_total"));
    });

    /// <summary>SIGSTOP, and SIGCONT when the others do without it.</summary>
    /// <param name="noticed">What the others must come to do about it, watched from that moment on.</param>
    /// <param name="thawed">What must happen with the node when it goes on, and done with it so that it is a member again.</param>
    public Task FreezeAsync(Func<NodeCluster, Task> noticed, Func<NodeCluster, Task> thawed) => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(membership, 3, "--mount", $"/=file://{files.Path}");
        await files.CacheAllAsync(cluster[0]);
        await using ReaderLoad load = await ReaderLoad.StartSdkAsync(files, cluster[0], seed);

        Task watch = Task.CompletedTask;
        await CheckAsync(load, () =>
        {
            cluster[Victim].Freeze();
            watch = noticed(cluster);
            return Task.CompletedTask;
        }, TimeSpan.FromSeconds(5));
        await watch;
        await cluster.UntilSeenAsync(Victim, "down", 0, 2);

        cluster[Victim].Thaw();
        await thawed(cluster);
        await cluster.UntilSeenAsync(Victim, "up", 0, 2);
        double served = await cluster[Victim].GetMetricAsync("ocache_peer_reads_total");
        await load.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        Assert.True(await cluster[Victim].GetMetricAsync("ocache_peer_reads_total") > served, "The node is not used again.");
        await load.StopAsync();
    });

    /// <summary>SIGTERM: it ends what it began.</summary>
    public Task StopAsync() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(membership, 3, "--mount", $"/=file://{files.Path}");
        await files.CacheAllAsync(cluster[0]);
        // Its own readers, too: who is not let in any more asks another.
        await using ReaderLoad load = ReaderLoad.Start(files, cluster.Running, seed, mayBeRefused: true);
        await load.UntilReadAsync(Enough, 0);

        output.WriteLine($"{cluster[Victim].Rest} is stopped");
        Assert.Equal(0, await cluster.StopNodeAsync(Victim));
        await load.UntilReadAsync(Enough, Stopwatch.GetTimestamp());

        await load.StopAsync();
    });

    /// <summary>The median of reads that begin some time after the event is that of before.</summary>
    private async Task CheckAsync(ReaderLoad load, Func<Task> happens, TimeSpan back)
    {
        long from = Stopwatch.GetTimestamp();
        await load.UntilReadAsync(Enough, from);
        long to = Stopwatch.GetTimestamp();
        await happens();
        long after = to + (long)(back.TotalSeconds * Stopwatch.Frequency);
        await load.UntilReadAsync(Enough, after);
        TimeSpan medianBefore = load.MedianBetween(from, to), medianAfter = load.MedianBetween(after, long.MaxValue);
        output.WriteLine($"median {medianBefore.TotalMilliseconds:0.0} ms before, {medianAfter.TotalMilliseconds:0.0} ms after; longest read since {load.LongestAfter(to).TotalSeconds:0.000} s; {load.Count} reads");
        Assert.True(medianAfter < Tolerance * medianBefore, $"A read takes {medianAfter} where it took {medianBefore}.");
    }
}
