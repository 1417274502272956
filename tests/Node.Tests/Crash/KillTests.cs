using System.Globalization;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Crash;

/// <summary>
/// The real node under load, killed with SIGKILL at random moments and started again on the same store, round after round.
/// OCACHE_KILL_ROUNDS sets the rounds of each test, OCACHE_KILL_SEED what is random about them; see docs/CONTRIBUTING.md.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    /// <summary>
    /// The pages of a store that evicts nothing and frees nothing survive, but for those whose journal records were still in a buffer: those of a fill that ended in the moment of the
    /// kill, which is a large share of a round that has read little, and a small one of all.
    /// </summary>
    private const double ShareThatSurvives = 0.99;

    /// <summary>Of the largest file: more than that is no buffer.</summary>
    private const long MostInBuffer = 46;

    private static readonly int Rounds = Number("OCACHE_KILL_ROUNDS") ?? 10;

    private static readonly int Seed = Number("OCACHE_KILL_SEED") ?? Random.Shared.Next();

    /// <summary>
    /// Durable is what this test makes of it: pages that an answer of /api/v1/cache counted, received before the kill. Each round
    /// begins cold, so that the kill comes while pages are written.
    /// </summary>
    [Fact]
    public async Task Pages_reported_before_a_kill_are_there_after_it()
    {
        // Far more than there is to keep: what is evicted did not get lost.
        await using var killed = new KilledNode(new Random(Seed), capacity: "1GiB");
        long reportedInAll = 0, keptInAll = 0;
        for (int round = 1; round <= Rounds; round++)
        {
            long reported = await killed.RunAndKillAsync(frees: false);
            await killed.StartAsync();
            long found = await killed.PagesAsync();
            await killed.CompareAllAsync();
            long kept = found - await killed.HealedAsync();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: {reported} pages reported, {kept} kept"));
            Assert.True(kept >= reported - MostInBuffer, $"Of {reported} pages {kept} survived (round {round}, seed {Seed}).");
            reportedInAll += reported;
            keptInAll += Math.Min(kept, reported);
            await killed.FreeAllAsync();
        }
        Assert.True(reportedInAll > 0, "No kill came while pages were there.");
        Assert.True(keptInAll >= ShareThatSurvives * reportedInAll, $"Of {reportedInAll} pages {keptInAll} survived (seed {Seed}).");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Rounds} rounds, {keptInAll} of {reportedInAll} pages kept ({(double)keptInAll / reportedInAll:P2}), {killed.Compared} answers compared, seed {Seed}"));
    }

    [Fact]
    public async Task A_node_killed_amid_fills_evictions_and_frees_serves_the_source_s_bytes()
    {
        await using var killed = new KilledNode(new Random(Seed + 1), capacity: "8MiB");
        for (int round = 1; round <= Rounds; round++)
        {
            await killed.RunAndKillAsync(frees: true);
            await killed.StartAsync();
            await killed.CompareAllAsync();
        }
        Assert.True(await killed.EvictionsAsync() > 0, "The store was never full.");
        output.WriteLine($"{Rounds} rounds, {killed.Compared} answers compared, seed {Seed}");
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : null;
}
