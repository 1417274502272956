using System.Diagnostics;
using System.Globalization;
using Orleans.Cache.Model.Tests.Operations;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>Runs one sequence after the other, as many at a time as there are processors, until the time is over or an answer is wrong.</summary>
/// <param name="Name">What tests and reports call it.</param>
/// <param name="IsLocal">A real directory instead of mem://.</param>
/// <param name="OverRest">Real HTTP instead of calls.</param>
/// <param name="IsConcurrent">Changes and questions run side by side.</param>
/// <param name="Share">Its share of the time.</param>
internal sealed record Campaign(string Name, bool IsLocal, bool OverRest, bool IsConcurrent, double Share)
{
    /// <summary>Three nodes instead of one, which come and go.</summary>
    public bool IsCluster { get; init; }

    /// <summary>Three real nodes, each a process of its own, whose source cannot be told to misbehave.</summary>
    public bool AreProcesses { get; init; }

    /// <summary>They are silos of a grid; only in builds with Orleans.</summary>
    public bool IsGrid { get; init; }

    /// <summary>Steps of a sequence: enough to fill, evict and restart, few enough that a new engine each time costs little and shrinking is quick.</summary>
    private const int Steps = 1000;

    /// <summary>Of a thousand steps: a node costs a few milliseconds to start.</summary>
    private const int Restarts = 2;

    /// <summary>Of a thousand steps: nodes go and come, and in between the others stand in for them.</summary>
    private const int ClusterRestarts = 15;

    /// <summary>Of three processes, which take seconds to start; time that a step lets go by goes by.</summary>
    private const int ProcessSteps = 300;

    /// <summary>Questions of each client of a concurrent round.</summary>
    private const int Questions = 1000;

    public static readonly IReadOnlyList<Campaign> All =
    [
        new("memory", IsLocal: false, OverRest: false, IsConcurrent: false, Share: 0.25),
        new("local", IsLocal: true, OverRest: false, IsConcurrent: false, Share: 0.20),
        new("memory-concurrent", IsLocal: false, OverRest: false, IsConcurrent: true, Share: 0.12),
        new("local-concurrent", IsLocal: true, OverRest: false, IsConcurrent: true, Share: 0.08),
        new("memory-rest", IsLocal: false, OverRest: true, IsConcurrent: false, Share: 0.08),
        new("local-rest", IsLocal: true, OverRest: true, IsConcurrent: false, Share: 0.07),
        new("memory-cluster", IsLocal: false, OverRest: true, IsConcurrent: false, Share: 0.12) { IsCluster = true },
        new("local-cluster", IsLocal: true, OverRest: true, IsConcurrent: false, Share: 0.08) { IsCluster = true },
        new("processes", IsLocal: true, OverRest: true, IsConcurrent: false, Share: 0.15) { AreProcesses = true },
        .. GridMaker.Campaigns,
    ];

    /// <summary>Seconds of all campaigns together: OCACHE_MODEL_SECONDS, a few where that is not set.</summary>
    public static double TotalSeconds =>
        double.TryParse(Environment.GetEnvironmentVariable("OCACHE_MODEL_SECONDS"), CultureInfo.InvariantCulture, out double seconds) ? seconds : 6;

    /// <summary>Where the seeds start: OCACHE_MODEL_SEED, another one each time where that is not set.</summary>
    public static int FirstSeed =>
        int.TryParse(Environment.GetEnvironmentVariable("OCACHE_MODEL_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : Random.Shared.Next();

    /// <summary>Null where all answers were right; else a report that says how to see the wrong one again.</summary>
    public async Task<string?> RunAsync(TimeSpan time, int firstSeed, Figures figures)
    {
        long started = Stopwatch.GetTimestamp();
        int seed = firstSeed;
        string? report = null;
        async Task WorkAsync()
        {
            do
            {
                var setup = new Setup(Interlocked.Increment(ref seed) - 1, IsLocal, OverRest) { IsCluster = IsCluster, AreProcesses = AreProcesses, IsGrid = IsGrid };
                if (await RunOneAsync(setup, figures) is { } found)
                    Interlocked.CompareExchange(ref report, found, null);
            }
            while (Volatile.Read(ref report) is null && Stopwatch.GetElapsedTime(started) < time);
        }
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(WorkAsync)));
        return report;
    }

    private async Task<string?> RunOneAsync(Setup setup, Figures figures)
    {
        if (IsConcurrent)
        {
            string? wrong = await ConcurrentRound.RunAsync(setup, Questions, figures);
            return wrong is null ? null : Failed(figures, $"{Heading(setup)}\n{wrong}");
        }
        var generator = new Generator(new Random(setup.Seed), inPlace: true, IsCluster || AreProcesses ? ClusterRestarts : Restarts, canMisbehave: !AreProcesses);
        Operation[] operations = generator.Sequence(AreProcesses ? ProcessSteps : Steps);
        string? failure = await SequenceRunner.RunAsync(setup, operations, figures);
        return failure is null ? null : Failed(figures, await ReportAsync(setup, operations, failure));
    }

    /// <summary>The failing sequence, shrunk, as a list that reads like a program.</summary>
    public static async Task<string> ReportAsync(Setup setup, IReadOnlyList<Operation> operations, string failure)
    {
        var aside = new Figures();
        (IReadOnlyList<Operation> shrunk, string last) =
            await new Shrinker(candidate => SequenceRunner.RunAsync(setup, candidate, aside)).ShrinkAsync(operations, failure);
        IEnumerable<string> steps = shrunk.Select((operation, i) => $"  {i + 1}. {operation}");
        return $"{Heading(setup)}\n{string.Join('\n', steps)}\n{last}\n(of {operations.Count} operations; before shrinking: {failure})";
    }

    private static string Heading(Setup setup) => $"Wrong with OCACHE_MODEL_SEED={setup.Seed} ({setup}):";

    private static string Failed(Figures figures, string report)
    {
        figures.CountWrong();
        return report;
    }
}
