using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>A cold storm over a static cluster.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class ColdStormTests(ITestOutputHelper output)
{
    [Fact]
    public Task A_thousand_cold_readers_read_no_page_twice_from_the_under_storage() => new ColdStormRuns(output, NodeCluster.Listed).StormAsync();
}
