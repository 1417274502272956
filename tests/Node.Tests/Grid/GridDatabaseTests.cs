using System.Diagnostics;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Testing;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>The database is needed by silos that come and go, and by nobody who reads.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GridDatabaseTests(PostgresServer postgres, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    private const int Victim = 1;

    /// <summary>Reads that meet each file several times.</summary>
    private const int Enough = 2000;

    [GridFact]
    public Task Without_the_database_reads_go_on_even_past_a_silo_that_is_killed_then() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(postgres.Grid, 3, "--mount", $"/=file://{files.Path}");
        await files.CacheAllAsync(cluster[0]);
        await using ReaderLoad load = await ReaderLoad.StartSdkAsync(files, cluster[0], seed);
        await load.UntilReadAsync(Enough, 0);

        await postgres.StopAsync();
        await load.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        await cluster.KillNodeAsync(Victim);
        await load.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        await cluster.UntilSeenAsync(Victim, "down");

        await postgres.StartAsync();
        await MembershipWatch.GoneWithinAsync(cluster, Victim, Programs.Patience, output, 0, 2);
        await cluster.StartNodeAsync(Victim);
        await cluster.UntilTogetherAsync();
        await load.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        await load.StopAsync();
    });

    [GridFact]
    public async Task A_silo_that_finds_no_database_says_so_in_one_line_without_the_password()
    {
        using var files = new TemporaryDirectory();
        using var store = new TemporaryDirectory();
        string nobody = $"Host=127.0.0.1;Port={ReservedPorts.Take(1)[0]};Username=u;Password=secret-word;Database=d;Timeout=2";

        ProgramResult node = await NodeProcess.RunAsync(
            ["--mount", $"/={files.Path}", "--store", $"{store["pages"]}=64MiB", "--rest-port", "0", .. PostgresServer.Arguments(nobody)]);

        Assert.Equal(1, node.ExitCode);
        string line = Assert.Single(node.Errors.TrimEnd().Split('\n'), l => l.StartsWith("ocache-node: ", StringComparison.Ordinal));
        Assert.Contains("database", line, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", node.Errors + node.Output, StringComparison.Ordinal);
    }
}
