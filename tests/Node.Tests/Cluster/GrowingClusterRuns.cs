using System.Diagnostics;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>3, then 4, then 3 nodes under a load of SDK readers.</summary>
/// <param name="output">Where seeds and figures are said.</param>
/// <param name="membership">How the nodes find each other.</param>
internal sealed class GrowingClusterRuns(ITestOutputHelper output, MembershipArguments membership)
{
    private const int Fourth = 3;

    /// <summary>Reads that meet each file several times.</summary>
    private const int Enough = 2000;

    /// <summary>A fourth node comes and goes: hardly anything is downloaded again.</summary>
    public Task GrowAsync() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(membership, members: 4, started: 3, _ => ["--mount", $"/=file://{files.Path}"]);
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
