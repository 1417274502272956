using System.Diagnostics;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Testing;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>Silos that are configured differently, and silos that see different members for a while.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GridDisagreementTests(PostgresServer postgres, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    private const int Fourth = 3;

    /// <summary>Reads that meet each file several times.</summary>
    private const int Enough = 2000;

    [GridFact]
    public async Task A_silo_with_other_mounts_is_refused_in_one_line_and_one_with_the_same_joins()
    {
        using var files = new TemporaryDirectory(onTmpfs: true);
        using var store = new TemporaryDirectory(onTmpfs: true);
        string[] membership = [.. PostgresServer.Arguments(await postgres.NewDatabaseAsync())];
        await using NodeProcess first = await StartAsync("n1", $"/=file://{files.Path}");

        ProgramResult other = await NodeProcess.RunAsync(Arguments("n2", $"/other=file://{files.Path}"));
        Assert.Equal((1, ""), (other.ExitCode, other.Output));
        string line = Assert.Single(other.Errors.TrimEnd().Split('\n'), l => l.StartsWith("ocache-node: ", StringComparison.Ordinal));
        Assert.Contains("/other", line, StringComparison.Ordinal);
        Assert.Contains("mount", line, StringComparison.Ordinal);

        await using NodeProcess second = await StartAsync("n2", $"/=file://{files.Path}");
        await NodeProcess.UntilAsync(() => NodeCluster.IsMemberAsync(first, 1), "a cluster without n2");

        string[] Arguments(string name, string mount) =>
            [.. membership, "--name", name, "--mount", mount, "--rest-port", "0", "--store", $"{store[name]}=64MiB"];

        Task<NodeProcess> StartAsync(string name, string mount) => NodeProcess.StartAsync(Arguments(name, mount));
    }

    [GridFact]
    public Task A_silo_that_did_not_see_another_join_serves_right_bytes_with_its_old_ring() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(postgres.Grid, members: 4, started: 3, _ => ["--mount", $"/=file://{files.Path}"]);
        await cluster.UntilTogetherAsync();
        await files.CacheAllAsync(cluster[0]);
        double before = await cluster.SumAsync("ocache_ufs_pages_total");
        // Readers of one silo that stands still while the ring changes, and of two that see it change.
        await using ReaderLoad late = ReaderLoad.Start(files, [cluster[2]], seed);
        await using ReaderLoad early = ReaderLoad.Start(files, [cluster[0], cluster[1]], seed + 1);
        await early.UntilReadAsync(Enough, 0);

        Task joins = cluster.StartNodeAsync(Fourth);
        for (bool joined = false; !joined;)
        {
            // Shorter than it takes to be declared dead.
            cluster[2].Freeze();
            long frozen = Stopwatch.GetTimestamp();
            await NodeProcess.UntilAsync(
                async () => (joined = joins.IsCompleted && await NodeCluster.IsMemberAsync(cluster[0], Fourth)) || Stopwatch.GetElapsedTime(frozen) > TimeSpan.FromSeconds(1),
                "a second");
            cluster[2].Thaw();
            await late.UntilReadAsync(ReaderLoad.Readers, Stopwatch.GetTimestamp());
        }
        await joins;
        await late.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        await early.UntilReadAsync(Enough, Stopwatch.GetTimestamp());
        await late.StopAsync();
        await early.StopAsync();

        await cluster.UntilTogetherAsync();
        double again = await cluster.SumAsync("ocache_ufs_pages_total") - before;
        output.WriteLine($"{again} of {files.Pages} pages read again");
        Assert.InRange(again, 0, files.Pages);
    });
}
