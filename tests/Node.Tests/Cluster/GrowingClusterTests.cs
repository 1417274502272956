using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>A static cluster that names four nodes, of which one comes later and goes before the others.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GrowingClusterTests(ITestOutputHelper output)
{
    [Fact]
    public Task A_fourth_node_comes_and_goes_under_load_and_hardly_anything_is_downloaded_again() =>
        new GrowingClusterRuns(output, NodeCluster.Listed).GrowAsync();
}
