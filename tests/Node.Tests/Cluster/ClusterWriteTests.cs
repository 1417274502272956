using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>Writes through a static cluster.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class ClusterWriteTests(ITestOutputHelper output) : IAsyncLifetime
{
    private ClusterWriteRuns _runs = null!;

    public async Task InitializeAsync() => _runs = await ClusterWriteRuns.StartAsync(NodeCluster.Listed);

    public async Task DisposeAsync() => await _runs.DisposeAsync();

    [Fact]
    public Task A_write_a_rename_and_a_delete_are_seen_at_once_through_every_node() => _runs.ChangeAsync(output);

    [Fact]
    public Task A_tree_is_moved_and_deleted_although_a_node_is_lost() => _runs.MoveTreeAsync();

    [Theory]
    [InlineData("immutable")]
    [InlineData("bounded")]
    public Task A_node_that_was_frozen_during_a_write_does_not_serve_the_old_status_afterwards(string mode) =>
        _runs.WriteWhileFrozenAsync(mode, (_, _) => Task.CompletedTask);

    [Fact]
    public Task A_node_that_was_killed_during_a_write_does_not_serve_the_old_status_when_it_is_back() => _runs.WriteWhileKilledAsync();

    [Fact]
    public Task A_write_is_seen_through_a_node_that_is_back_although_the_writers_node_does_not_know_that_yet() => _runs.WriteWhileComingBackAsync();

    [Fact]
    public Task What_a_node_that_is_back_believes_is_freed_by_a_client_that_connected_before() => _runs.FreeWhileComingBackAsync();

    [Fact]
    public Task A_change_past_the_cache_that_a_read_meets_is_seen_through_every_node() => _runs.NoticeAsync();
}
