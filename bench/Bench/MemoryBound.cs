using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>How much memory of its own the node takes while data flows through it: cold reads and evictions all the time, eight readers.</summary>
internal static class MemoryBound
{
    private const long FileSize = 1L << 30;
    private const int Files = 4;

    public static async Task RunAsync(int gibibytes)
    {
        using var data = new Workspace();
        for (int i = 0; i < Files; i++)
            data.WriteSourceFile($"f{i}", FileSize);
        Workspace.LetVersionsSettle();
        // A store of half the data: everything that flows through is filled, stored and evicted.
        await using NodeServer node = await NodeServer.StartAsync("--mount", $"/=file://{data.Source}", "--store", $"{data.Store}=2GiB");
        long atStart = node.RssAnon(), peak = 0;
        using var done = new CancellationTokenSource();
        Task sampler = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                peak = Math.Max(peak, node.RssAnon());
                await Task.Delay(20);
            }
        });
        await Parallel.ForEachAsync(
            Enumerable.Range(0, gibibytes), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, _) => await Curl.GetAsync(node.UrlOf($"f{i % Files}")));
        await done.CancelAsync();
        await sampler;
        var table = new Table("RssAnon, MiB", "at start", "peak", "at end");
        table.Add($"{gibibytes} GiB through a 2 GiB store, 8 readers", $"{atStart >> 20}", $"{peak >> 20}", $"{node.RssAnon() >> 20}");
        table.Print();
    }
}
