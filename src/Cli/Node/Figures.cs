namespace Orleans.Cache.Cli.Node;

/// <summary>The mount table.</summary>
internal sealed record MountList
{
    public required IReadOnlyList<MountEntry> Mounts { get; init; }
}

/// <summary>One mount.</summary>
internal sealed record MountEntry(string Path, string Ufs, string Freshness);

/// <summary>A node's figures since its process started.</summary>
internal sealed record CacheFigures
{
    public required string Node { get; init; }

    public double UptimeSeconds { get; init; }

    public required long Hits { get; init; }

    public required long Misses { get; init; }

    public required long Bypasses { get; init; }

    public required long BytesFromCache { get; init; }

    public required long BytesFromUnderStorage { get; init; }

    public long UfsErrors { get; init; }

    public required IReadOnlyList<StoreFigures> Stores { get; init; }
}

/// <summary>Figures of one store directory; bytes where nothing else is said.</summary>
internal sealed record StoreFigures
{
    public required string Directory { get; init; }

    public required long Capacity { get; init; }

    public required long Used { get; init; }

    public long Files { get; init; }

    public long Pages { get; init; }

    public long Evictions { get; init; }

    public long Healed { get; init; }

    public string? OutOfService { get; init; }
}
