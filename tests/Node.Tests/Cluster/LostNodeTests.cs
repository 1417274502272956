using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>A node of a static cluster is lost under load.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class LostNodeTests(ITestOutputHelper output)
{
    private readonly LostNodeRuns _runs = new(output, NodeCluster.Listed);

    [Fact]
    public Task Kill_9_of_a_node_under_load_fails_no_read_and_its_restart_refills_nothing() => _runs.KillAsync(_ => Task.CompletedTask);

    [Fact]
    public Task A_frozen_node_fails_no_read_and_is_used_again_when_it_goes_on() => _runs.FreezeAsync(_ => Task.CompletedTask, _ => Task.CompletedTask);

    [Fact]
    public Task A_node_that_is_stopped_under_load_ends_what_it_began_and_fails_no_read() => _runs.StopAsync();
}
