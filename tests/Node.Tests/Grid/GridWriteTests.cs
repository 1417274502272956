using Orleans.Cache.Node.Tests.Cluster;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>Writes through silos: what one was told all show.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GridWriteTests(PostgresServer postgres, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    [GridFact]
    public async Task A_write_a_rename_and_a_delete_are_seen_at_once_through_every_silo()
    {
        await using ClusterWriteRuns runs = await ClusterWriteRuns.StartAsync(postgres.Grid);
        await runs.ChangeAsync(output);
    }

    [GridFact]
    public async Task A_tree_is_moved_and_deleted_although_a_silo_is_lost()
    {
        await using ClusterWriteRuns runs = await ClusterWriteRuns.StartAsync(postgres.Grid);
        await runs.MoveTreeAsync();
    }

    [GridFact]
    public async Task A_silo_that_was_frozen_during_a_write_does_not_serve_the_old_status_afterwards()
    {
        await using ClusterWriteRuns runs = await ClusterWriteRuns.StartAsync(postgres.Grid);
        await runs.WriteWhileFrozenAsync("immutable", RestartIfDeadAsync);
    }

    [GridFact]
    public async Task A_silo_that_was_killed_during_a_write_does_not_serve_the_old_status_when_it_is_back()
    {
        await using ClusterWriteRuns runs = await ClusterWriteRuns.StartAsync(postgres.Grid);
        await runs.WriteWhileKilledAsync();
    }

    [GridFact]
    public async Task A_write_is_seen_through_a_silo_that_is_back_although_the_writers_node_does_not_know_that_yet()
    {
        await using ClusterWriteRuns runs = await ClusterWriteRuns.StartAsync(postgres.Grid);
        await runs.WriteWhileComingBackAsync();
    }

    [GridFact]
    public async Task A_client_that_does_not_know_yet_of_a_silo_that_is_back_frees_what_that_believes()
    {
        await using ClusterWriteRuns runs = await ClusterWriteRuns.StartAsync(postgres.Grid);
        await runs.FreeWhileComingBackAsync();
    }

    [GridFact]
    public async Task A_change_past_the_cache_that_a_read_meets_is_seen_through_every_silo()
    {
        await using ClusterWriteRuns runs = await ClusterWriteRuns.StartAsync(postgres.Grid);
        await runs.NoticeAsync();
    }

    /// <summary>The writes take about as long as it takes to declare a silo dead: it goes on as a member, or it ends.</summary>
    private static async Task RestartIfDeadAsync(NodeCluster cluster, int index)
    {
        if (await NodeCluster.IsMemberAsync(cluster[0], index))
            return;
        Assert.NotEqual(0, await cluster[index].WaitForExitAsync());
        await cluster.StartNodeAsync(index);
    }
}
