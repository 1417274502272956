using Orleans.Cache.Bench.Load;

namespace Orleans.Cache.Bench.Reports;

/// <summary>Rounds of baseline and candidate, interleaved: the machine's mood falls on both, and the ratio is taken round by round.</summary>
internal sealed class Comparison
{
    private readonly List<LoadResult> _baseline = [];
    private readonly List<LoadResult> _candidate = [];

    public static Table NewTable(string baseline = "nginx", string candidate = "node") =>
        new("row", $"{baseline} MiB/s", $"{candidate} MiB/s", "ratio", $"{baseline} CPU s/GiB", $"{candidate} CPU s/GiB", "CPU ratio");

    public async Task RunAsync(int rounds, Func<Task<LoadResult>> baseline, Func<Task<LoadResult>> candidate)
    {
        for (int round = 0; round < rounds; round++)
        {
            // Alternating who goes first, so that neither always inherits the other's warm caches.
            if (round % 2 == 0)
                _baseline.Add(await baseline());
            _candidate.Add(await candidate());
            if (round % 2 == 1)
                _baseline.Add(await baseline());
        }
    }

    public void AddTo(Table table, string row) => table.Add(
        row,
        $"{Median.Of(_baseline.Select(r => r.MiBPerSecond)):0}",
        $"{Median.Of(_candidate.Select(r => r.MiBPerSecond)):0}",
        Median.WithSpread([.. _candidate.Zip(_baseline, (c, b) => c.MiBPerSecond / b.MiBPerSecond)], "0.00"),
        $"{Median.Of(_baseline.Select(r => r.CpuPerGiB)):0.00}",
        $"{Median.Of(_candidate.Select(r => r.CpuPerGiB)):0.00}",
        Median.WithSpread([.. _candidate.Zip(_baseline, (c, b) => c.CpuPerGiB / b.CpuPerGiB)], "0.00"));
}
