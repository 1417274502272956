namespace Orleans.Cache.Cli.Node;

/// <summary>Which pages of a path are where, how fresh its status is, and why something is not cached.</summary>
internal sealed record Explanation
{
    public required string Path { get; init; }

    public required string Type { get; init; }

    public long? Length { get; init; }

    public string? Version { get; init; }

    public ExplainedMount? Mount { get; init; }

    public ExplainedStatus? Status { get; init; }

    public ExplainedOwner? Owner { get; init; }

    public ExplainedPages? Pages { get; init; }

    public IReadOnlyList<ExplainedRange> Ranges { get; init => field = value ?? []; } = [];

    /// <summary>There are more ranges than are listed.</summary>
    public bool Truncated { get; init; }

    public IReadOnlyList<string> Reasons { get; init => field = value ?? []; } = [];
}

/// <summary>The mount that serves a path.</summary>
internal sealed record ExplainedMount(string Path, string Uri, string Mode, double? TtlSeconds, bool Writable);

/// <summary>How fresh what is known of a path is.</summary>
internal sealed record ExplainedStatus(bool FromCache, double? AgeSeconds, double? BelievedForSeconds);

/// <summary>The node that a path belongs to.</summary>
internal sealed record ExplainedOwner(string Node);

/// <summary>Pages of a file.</summary>
internal sealed record ExplainedPages(long Size, long Count, long Cached, long? Verified);

/// <summary>A run of pages that are in one place.</summary>
internal sealed record ExplainedRange(long FirstPage, long LastPage, string? Node, string? Store, string? State);

/// <summary>What is hot.</summary>
internal sealed record TopList
{
    public IReadOnlyList<TopFile> Files { get; init => field = value ?? []; } = [];

    public IReadOnlyList<TopOperation> Operations { get; init => field = value ?? []; } = [];
}

/// <summary>A file that is opened often.</summary>
internal sealed record TopFile(string Path, long Opens);

/// <summary>An operation: since the node's start, and just now.</summary>
internal sealed record TopOperation(string Name, long Count, double PerSecond);

/// <summary>What a node runs with.</summary>
internal sealed record NodeSettings
{
    public required IReadOnlyList<NodeSetting> Settings { get; init; }
}

/// <summary>One setting, and where it comes from: default, flag, env or file.</summary>
internal sealed record NodeSetting(string Name, IReadOnlyList<string> Values, string Origin, string? From);
