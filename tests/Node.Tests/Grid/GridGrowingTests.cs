using Orleans.Cache.Node.Tests.Cluster;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>Silos that nobody was told of come and go.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GridGrowingTests(PostgresServer postgres, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    [GridFact]
    public Task A_fourth_silo_comes_and_goes_under_load_and_hardly_anything_is_downloaded_again() =>
        new GrowingClusterRuns(output, postgres.Grid).GrowAsync();

    [GridFact]
    public Task A_thousand_cold_readers_read_no_page_twice_from_the_under_storage() => new ColdStormRuns(output, postgres.Grid).StormAsync();

    [GridFact]
    public Task While_a_silo_joins_a_thousand_cold_readers_read_no_page_more_than_twice() => new ColdStormRuns(output, postgres.Grid).GrowAsync();
}
