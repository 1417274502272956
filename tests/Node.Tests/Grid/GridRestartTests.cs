using Orleans.Cache.Node.Tests.Cluster;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>All silos end and come back: the database remembers them as alive, and nobody is there to say otherwise.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GridRestartTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private const int Silos = 3;

    [GridFact]
    public Task A_cluster_that_was_stopped_comes_back_with_its_pages() => ComesBackAsync(async (cluster, i) => Assert.Equal(0, await cluster.StopNodeAsync(i)));

    [GridFact]
    public Task A_cluster_that_was_killed_comes_back_with_its_pages() => ComesBackAsync((cluster, i) => cluster.KillNodeAsync(i));

    private async Task ComesBackAsync(Func<NodeCluster, int, Task> end)
    {
        using var files = new SourceFiles(seed: 3);
        await using NodeCluster cluster = await NodeCluster.StartAsync(postgres.Grid, Silos, "--mount", $"/=file://{files.Path}");
        await files.CacheAllAsync(cluster[0]);
        await Task.WhenAll(Enumerable.Range(0, Silos).Select(i => end(cluster, i)));

        await Task.WhenAll(Enumerable.Range(0, Silos).Select(cluster.StartNodeAsync));
        await cluster.UntilTogetherAsync();

        foreach (NodeProcess node in cluster.Running)
        {
            foreach ((string path, byte[] content) in files.All)
                Assert.Equal(content, await node.GetFileAsync(path));
        }
        Assert.Equal(0, await cluster.SumAsync("ocache_ufs_pages_total"));
    }
}
