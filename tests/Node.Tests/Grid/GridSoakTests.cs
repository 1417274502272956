using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Orleans.Cache.Client;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Testing;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>
/// A long mixed load over three silos, of which two are killed in turns: every minute, or thrice where the run is shorter. How long:
/// OCACHE_SOAK_SECONDS. The third lives through all of it, so its memory tells.
/// </summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GridSoakTests(PostgresServer postgres, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    /// <summary>SiloStatus.Dead in the membership table: one for each silo that was declared dead, or went.</summary>
    private const int Dead = 6;

    private static readonly double Seconds =
        double.TryParse(Environment.GetEnvironmentVariable("OCACHE_SOAK_SECONDS"), CultureInfo.InvariantCulture, out double given) ? given : 30;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(Math.Min(60, Seconds / 3));

    private readonly List<TimeSpan> _declared = [];
    private readonly List<TimeSpan> _together = [];

    [GridFact]
    public Task Silos_killed_and_restarted_under_a_mixed_load_cost_no_read_no_byte_and_no_memory() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        using var written = new TemporaryDirectory(onTmpfs: true);
        string connection = await postgres.NewDatabaseAsync();
        await using NodeCluster cluster = await NodeCluster.StartAsync(
            _ => Task.FromResult<IReadOnlyList<string>>(PostgresServer.Arguments(connection)), 3,
            "--mount", $"/=file://{files.Path}", "--mount", $"/rw=file://{written.Path},rw", "--log-level", "error");
        var memory = new MemoryTrack(cluster[0]);
        await using ReaderLoad readers = await ReaderLoad.StartSdkAsync(files, cluster[0], seed);
        await using var writers = new SoakWriters(() => cluster.Running, await CacheClient.ConnectAsync(cluster.Running.Select(n => n.Rest)), "/rw", seed);

        int kills = await KillInTurnsAsync(cluster, memory, () => readers.Failures.Concat(writers.Wrong).FirstOrDefault());

        await writers.StopAsync();
        await readers.StopAsync();
        output.WriteLine($"{readers.Count} reads, {writers.Changes} changes, {kills} kills, each noticed after {Text(_declared)} s, all together again after {Text(_together)} s; memory {memory}");
        Assert.True(writers.Wrong.Count == 0, $"{writers.Wrong.Count} of {writers.Changes}: {string.Join("; ", writers.Wrong.Take(3))}");
        Assert.Equal(kills, await CountDeadAsync(connection));
        memory.ExpectFlat();
    });

    /// <returns>How many were killed.</returns>
    private async Task<int> KillInTurnsAsync(NodeCluster cluster, MemoryTrack memory, Func<string?> failed)
    {
        long began = Stopwatch.GetTimestamp();
        int kills = 0;
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < Seconds)
        {
            int victim = 1 + kills % 2;
            long killed = Stopwatch.GetTimestamp();
            await cluster.KillNodeAsync(victim);
            kills++;
            await NodeProcess.UntilAsync(async () => !await NodeCluster.IsMemberAsync(cluster[0], victim), "a member that was killed");
            _declared.Add(Stopwatch.GetElapsedTime(killed));
            await cluster.StartNodeAsync(victim);
            await cluster.UntilTogetherAsync();
            _together.Add(Stopwatch.GetElapsedTime(killed));
            using var pause = new PeriodicTimer(TimeSpan.FromSeconds(1));
            do
            {
                memory.Sample();
                string? failure = failed();
                Assert.True(failure is null, failure);
            }
            while (Stopwatch.GetElapsedTime(killed) < Period && await pause.WaitForNextTickAsync());
        }
        return kills;
    }

    private static string Text(List<TimeSpan> times) => string.Join(", ", times.Select(t => t.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)));

    private static async Task<long> CountDeadAsync(string connection)
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(connection);
        await using NpgsqlCommand command = database.CreateCommand($"SELECT count(*) FROM OrleansMembershipTable WHERE Status = {Dead}");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
