using Orleans.Cache.Node.Tests.Cluster;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>A silo is lost under load: what holds of a static cluster, and membership says so in time.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GridLostNodeTests(PostgresServer postgres, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    /// <summary>Connections to a killed process are refused: the first probe of each neighbour fails at once.</summary>
    private static readonly TimeSpan DeadOfKill = TimeSpan.FromSeconds(2);

    /// <summary>Three probes of a second that nobody answers, and what they add up to between two neighbours.</summary>
    private static readonly TimeSpan DeadOfFreeze = TimeSpan.FromSeconds(5);

    private readonly LostNodeRuns _runs = new(output, postgres.Grid);

    [GridFact]
    public Task Kill_9_of_a_silo_under_load_fails_no_read_and_it_is_declared_dead_in_two_seconds() =>
        _runs.KillAsync(cluster => MembershipWatch.GoneWithinAsync(cluster, LostNodeRuns.Victim, DeadOfKill, output, 0, 2));

    [GridFact]
    public Task A_frozen_silo_fails_no_read_is_declared_dead_in_five_seconds_and_ends_when_it_learns_that() => _runs.FreezeAsync(
        cluster => MembershipWatch.GoneWithinAsync(cluster, LostNodeRuns.Victim, DeadOfFreeze, output, 0, 2),
        async cluster =>
        {
            Assert.NotEqual(0, await cluster[LostNodeRuns.Victim].WaitForExitAsync());
            Assert.Contains("given this node up", cluster[LostNodeRuns.Victim].Errors, StringComparison.Ordinal);
            await cluster.StartNodeAsync(LostNodeRuns.Victim);
        });

    [GridFact]
    public Task A_silo_that_is_stopped_under_load_ends_what_it_began_and_fails_no_read() => _runs.StopAsync();
}
