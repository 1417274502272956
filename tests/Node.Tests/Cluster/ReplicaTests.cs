using System.Diagnostics;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>Four nodes, every page on two of them.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class ReplicaTests(ITestOutputHelper output)
{
    private const int Nodes = 4;
    private const int Victim = 1;

    /// <summary>Reads that meet each file several times.</summary>
    private const int Enough = 2000;

    [Fact]
    public Task Kill_9_of_a_node_under_load_fails_no_read_and_downloads_nothing_that_the_other_replica_has() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(Nodes, "--mount", $"/=file://{files.Path},replicas=2");
        await files.CacheAllAsync(cluster[0]);
        double downloaded = await cluster.SumAsync("ocache_ufs_pages_total");
        // Through each node: those that keep a replica read from themselves, and take it from the other one.
        for (int node = 1; node < Nodes; node++)
            await files.CacheAllAsync(cluster[node]);
        Assert.Equal(2 * files.Pages, await PagesAsync(cluster));
        Assert.Equal(downloaded, await cluster.SumAsync("ocache_ufs_pages_total"));
        Assert.Equal(files.Pages, downloaded);
        Assert.Equal(files.Pages, await cluster.SumAsync("ocache_fill_neighbour_total"));

        NodeProcess[] others = [.. cluster.Running.Where((_, i) => i != Victim)];
        await using ReaderLoad load = await ReaderLoad.StartSdkAsync(files, others[0], seed);
        await load.UntilReadAsync(Enough, 0);
        double before = (await Task.WhenAll(others.Select(n => n.GetMetricAsync("ocache_ufs_reads_total")))).Sum();
        await cluster.KillNodeAsync(Victim);
        await cluster.UntilSeenAsync(Victim, "down");
        await load.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        await load.StopAsync();

        Assert.Equal(before, await cluster.SumAsync("ocache_ufs_reads_total"));
        output.WriteLine($"{load.Count} reads, the longest {load.LongestAfter(0).TotalSeconds:0.00} s; {files.Pages} pages downloaded, none again");

        await cluster.StartNodeAsync(Victim);
        await cluster.UntilSeenAsync(Victim, "up");
        foreach ((string path, byte[] content) in files.All)
            Assert.Equal(content, await cluster[Victim].GetFileAsync(path));
        Assert.Equal(0, await cluster[Victim].GetMetricAsync("ocache_ufs_reads_total"));
    });

    private static async Task<long> PagesAsync(NodeCluster cluster) => (await Task.WhenAll(cluster.Running.Select(
        async n => (await n.GetJsonAsync("api/v1/cache")).GetProperty("stores")[0].GetProperty("pages").GetInt64()))).Sum();
}
