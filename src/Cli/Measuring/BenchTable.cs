namespace Orleans.Cache.Cli.Measuring;

/// <summary>What a benchmark measured.</summary>
internal sealed record BenchTable(string Path, int Files, long RangeBytes, IReadOnlyList<BenchRow> Rows);

/// <summary>One target at one concurrency.</summary>
internal sealed record BenchRow
{
    /// <summary>"cache" or "under storage".</summary>
    public required string Target { get; init; }

    public required int Concurrency { get; init; }

    public required double Seconds { get; init; }

    public required long Requests { get; init; }

    public required long Bytes { get; init; }

    public required double MibPerSecond { get; init; }

    public required double RequestsPerSecond { get; init; }

    /// <summary>From the request to the last byte.</summary>
    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    public required long Errors { get; init; }
}
