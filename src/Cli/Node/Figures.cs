namespace Orleans.Cache.Cli.Node;

/// <summary>The mount table.</summary>
internal sealed record MountList
{
    public required IReadOnlyList<MountEntry> Mounts { get; init; }
}

/// <summary>One mount.</summary>
internal sealed record MountEntry
{
    public required string Path { get; init; }

    public required string Uri { get; init; }

    public required string Freshness { get; init; }

    public bool Writable { get; init; }

    /// <summary>"configured" or "added".</summary>
    public string? Origin { get; init; }

    /// <summary>"ok", or "dead".</summary>
    public string? State { get; init; }

    /// <summary>What fails where it is dead.</summary>
    public string? Trouble { get; init; }

    public Saved? Saved { get; init; }

    /// <summary>Bytes of it that the node has.</summary>
    public long CachedBytes { get; init; }

    /// <summary>Bytes that it may have; null where the mount has no quota.</summary>
    public long? QuotaBytes { get; init; }
}

/// <summary>What is cached of a mount that has a quota.</summary>
internal sealed record QuotaFigures(string Mount, long CachedBytes, long QuotaBytes);

/// <summary>What object stores were not asked for.</summary>
internal sealed record Saved(long Requests, long Bytes, decimal Money);

/// <summary>A node's figures since its process started.</summary>
internal sealed record CacheFigures
{
    public required string Node { get; init; }

    public string? Version { get; init; }

    public required string State { get; init; }

    public double UptimeSeconds { get; init; }

    public required long Hits { get; init; }

    public required long Misses { get; init; }

    public required long Bypasses { get; init; }

    public required long BytesFromCache { get; init; }

    public long BytesFromFills { get; init; }

    public long BytesFromBypasses { get; init; }

    public required long BytesFromUnderStorage { get; init; }

    public long UfsReads { get; init; }

    public long UfsStats { get; init; }

    public long UfsLists { get; init; }

    public long UfsWrites { get; init; }

    public long BytesToUnderStorage { get; init; }

    public long UfsErrors { get; init; }

    public long StatusHits { get; init; }

    public long FillsRejected { get; init; }

    public Saved? Saved { get; init; }

    public ProcessFigures? Process { get; init; }

    public required IReadOnlyList<StoreFigures> Stores { get; init; }

    /// <summary>Mounts that have a quota; null from nodes that know none.</summary>
    public IReadOnlyList<QuotaFigures>? Quotas { get; init; }

    public GridFigures? Grid { get; init; }
}

/// <summary>What the grains of a node's silo did; null in nodes that are none.</summary>
internal sealed record GridFigures(string Silo, long Opens, long Misses, long FillsBegun, long Told, long Activations, long Activated);

/// <summary>What the node's process uses of what it may use; 0 where a limit is not known.</summary>
internal sealed record ProcessFigures(long MemoryBytes, long MemoryLimitBytes, long Descriptors, long DescriptorLimit);

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
