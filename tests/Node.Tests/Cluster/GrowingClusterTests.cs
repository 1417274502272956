using System.Diagnostics;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>3, then 4, then 3 nodes under a load of SDK readers.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GrowingClusterTests(ITestOutputHelper output)
{
    private const int Fourth = 3;

    /// <summary>Reads that meet each file several times.</summary>
    private const int Enough = 2000;

    [Fact]
    public Task A_fourth_node_comes_and_goes_under_load_and_hardly_anything_is_downloaded_again() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(members: 4, started: 3, _ => ["--mount", $"/=file://{files.Path}"]);
        await cluster.UntilTogetherAsync();
        await files.CacheAllAsync(cluster[0]);
        double before = await cluster.SumAsync("ocache_ufs_pages_total");
        Assert.Equal(files.Pages, before);
        await using ReaderLoad load = await ReaderLoad.StartSdkAsync(files, cluster[0], seed);
        await load.UntilReadAsync(Enough, 0);

        await cluster.StartNodeAsync(Fourth);
        await cluster.UntilSeenAsync(Fourth, "up");
        await load.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        double grown = await cluster.SumAsync("ocache_ufs_pages_total");
        double cached = (await cluster[Fourth].GetJsonAsync("api/v1/cache")).GetProperty("stores")[0].GetProperty("pages").GetInt64();
        output.WriteLine($"{before} pages read from the source by three nodes, {grown - before} more when the fourth came, which has {cached}");
        Assert.True(cached > files.Pages / 20.0, $"The fourth node has only {cached} of {files.Pages} pages.");
        Assert.InRange(grown - before, 0, files.Pages / 50.0);

        Assert.Equal(0, await cluster.StopNodeAsync(Fourth));
        await cluster.UntilSeenAsync(Fourth, "down");
        await load.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        await load.StopAsync();
        double shrunk = await cluster.SumAsync("ocache_ufs_pages_total");
        Assert.Equal(before, shrunk);
    });
}
