using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Oracle;
using Orleans.Cache.Model.Tests.Sources;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>
/// Several clients ask while a program changes the source and the clock goes on, on one fresh engine. No two runs interleave alike,
/// so a failure is not shrunk; it tells the answer, the past of the path and the seed.
/// </summary>
internal static class ConcurrentRound
{
    private const int Clients = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <param name="setup">What it runs on.</param>
    /// <param name="questions">Of each client.</param>
    /// <param name="figures">Counts.</param>
    public static async Task<string?> RunAsync(Setup setup, int questions, Figures figures)
    {
        await using IBench bench = await Bench.StartAsync(setup);
        var past = new Past(setup.Freshness, bench.Clock, tokensCount: !setup.IsLocal);
        past.Change(recorder => recorder.Became("", Kind.Directory));
        var changes = new SourceChanges(bench.Source, past);
        var start = new Generator(new Random(setup.Seed), inPlace: false);
        foreach (Operation put in start.Sequence(Universe.Files.Length))
            changes.Apply((SourceOperation)put);
        var writer = new Writer(bench, past);
        using var done = new CancellationTokenSource();
        Task<string?> changing = Task.Run(() => ChangeAsync(setup, bench, changes, writer, figures, done.Token));
        Task<string?>[] clients = [.. Enumerable.Range(1, Clients).Select(i => Task.Run(() => AskAsync(setup, i, bench, past, questions, figures)))];
        string?[] failures;
        try
        {
            failures = await Task.WhenAll(clients).WaitAsync(Patience);
        }
        catch (Exception e)
        {
            failures = [$"it threw {e}"];
        }
        await done.CancelAsync();
        string? wrongWrite = await changing;
        await bench.SettledAsync();
        figures.CountSequence(bench.Evictions);
        return failures.FirstOrDefault(failure => failure is not null) ?? wrongWrite;
    }

    private static async Task<string?> AskAsync(Setup setup, int client, IBench bench, Past past, int questions, Figures figures)
    {
        var generator = new Generator(new Random(setup.Seed + client), inPlace: false);
        var asker = new Asker(() => bench.Door, past, figures, takesTurns: false);
        for (int i = 0; i < questions; i++)
        {
            Question question = generator.Ask();
            if (await asker.AskAsync(question) is { } complaint)
                return $"client {client}, {question}: {complaint}";
        }
        return null;
    }

    /// <summary>Local files are only replaced, moved, touched and deleted: to write in place is a stated exception.</summary>
    private static async Task<string?> ChangeAsync(
        Setup setup, IBench bench, SourceChanges changes, Writer writer, Figures figures, CancellationToken done)
    {
        var random = new Random(setup.Seed);
        var generator = new Generator(random, inPlace: !setup.IsLocal);
        while (!done.IsCancellationRequested)
        {
            figures.CountOperation();
            if (random.Next(20) == 0)
                await bench.AdvanceAsync(TimeSpan.FromSeconds(random.Next(1, 4)));
            else if (random.Next(2) == 0)
                changes.Apply(generator.Change());
            else if (await writer.ApplyAsync(generator.Write()) is { } complaint)
                return complaint;
            // Lets the clients ask a few times; a yield alone is over at once where there are cores to spare.
            for (int i = random.Next(60); i > 0; i--)
                await Task.Yield();
        }
        return null;
    }
}
