namespace Orleans.Cache.Cli.Node;

/// <summary>A cluster as one of its nodes sees it, and with it what each node says of itself.</summary>
internal sealed record ClusterState
{
    /// <summary>Who was asked.</summary>
    public required string Node { get; init; }

    /// <summary>Rises with each ring that this node has used.</summary>
    public required long Version { get; init; }

    /// <summary>Fingerprint: equal where nodes give every key the same owners.</summary>
    public required string Ring { get; init; }

    public required IReadOnlyList<MemberState> Members { get; init; }
}

/// <summary>One node of a cluster.</summary>
internal sealed record MemberState
{
    public required string Name { get; init; }

    public required string Url { get; init; }

    public double Weight { get; init; }

    /// <summary>Part of all keys that it owns, 0 to 1.</summary>
    public double Share { get; init; }

    /// <summary>"up" or "down", as the node that was asked sees it.</summary>
    public required string State { get; init; }

    /// <summary>Why it is down, or why it could not be asked from here.</summary>
    public string? Reason { get; init; }

    /// <summary>Of the program; null where the node could not be asked, as the two that follow.</summary>
    public string? Software { get; init; }

    public long? CachedBytes { get; init; }

    public long? CapacityBytes { get; init; }
}
