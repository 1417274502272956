using Orleans.Cache.Bench.Load;

namespace Orleans.Cache.Bench.Reports;

/// <summary>Rounds of baseline and candidate, interleaved: the machine's mood falls on both, and the ratio is taken round by round.</summary>
internal sealed class Comparison
{
    private readonly List<LoadResult> _baseline = [];
    private readonly List<LoadResult> _candidate = [];

    public static Table NewTable(string baseline = "nginx", string candidate = "node") =>
        new("row", $"{baseline} MiB/s", $"{candidate} MiB/s", "ratio", $"{baseline} CPU s/GiB", $"{candidate} CPU s/GiB", "CPU ratio");

    /// <summary>For rows of which some count bytes and others requests: the unit stands with each figure.</summary>
    public static Table NewMixedTable(string baseline, string candidate) =>
        new("row", baseline, candidate, "ratio", $"{baseline} CPU", $"{candidate} CPU", "CPU ratio");

    /// <summary>Requests a second of the candidate.</summary>
    public double MedianRate => Median.Of(_candidate.Select(r => r.Requests / r.Seconds));

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

    /// <param name="table">Of <see cref="NewMixedTable"/>.</param>
    /// <param name="row">Its name.</param>
    /// <param name="isCounted">Requests a second and microseconds of processor time each; else MiB a second and seconds a GiB.</param>
    public void AddMixedTo(Table table, string row, bool isCounted)
    {
        Func<LoadResult, double> rate = isCounted ? r => r.Requests / r.Seconds : r => r.MiBPerSecond;
        Func<LoadResult, double> cost = isCounted ? r => r.CpuSeconds * 1e6 / r.Requests : r => r.CpuPerGiB;
        string Rate(List<LoadResult> of) => isCounted ? $"{Median.Of(of.Select(rate)):0} /s" : $"{Median.Of(of.Select(rate)):0} MiB/s";
        string Cost(List<LoadResult> of) => isCounted ? $"{Median.Of(of.Select(cost)):0.0} us" : $"{Median.Of(of.Select(cost)):0.00} s/GiB";
        table.Add(
            row, Rate(_baseline), Rate(_candidate), Median.WithSpread([.. _candidate.Zip(_baseline, (c, b) => rate(c) / rate(b))], "0.00"),
            Cost(_baseline), Cost(_candidate), Median.WithSpread([.. _candidate.Zip(_baseline, (c, b) => cost(c) / cost(b))], "0.0"));
    }
}
