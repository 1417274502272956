namespace Orleans.Cache.Gateway.Rest.Inspecting;

/// <summary>Why a read of a path would be answered from where it would be.</summary>
internal sealed record ExplainBody
{
    public required string Path { get; init; }

    /// <summary>"file" or "directory".</summary>
    public required string Type { get; init; }

    public long? Length { get; init; }

    public string? Version { get; init; }

    /// <summary>Not there for a directory that only leads to mounts.</summary>
    public ExplainMount? Mount { get; init; }

    public required ExplainStatus Status { get; init; }

    public required ExplainOwner Owner { get; init; }

    public ExplainPages? Pages { get; init; }

    public IReadOnlyList<ExplainRange>? Ranges { get; init; }

    /// <summary>True where there are more ranges.</summary>
    public bool? Truncated { get; init; }

    /// <summary>Why pages are not cached, in words; empty where all are.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }
}

/// <param name="Path">Where it is mounted.</param>
/// <param name="Uri">The under storage, without secrets.</param>
/// <param name="Mode">"bounded", "immutable" or "strict".</param>
/// <param name="TtlSeconds">How long a status is believed; not there where it is for ever.</param>
/// <param name="Writable">Whether files are written through the cache.</param>
internal sealed record ExplainMount(string Path, string Uri, string Mode, double? TtlSeconds, bool Writable);

/// <param name="FromCache">False: the under storage was asked for this answer.</param>
/// <param name="AgeSeconds">Since the under storage was asked.</param>
/// <param name="BelievedForSeconds">What is left; not there where it is for ever.</param>
internal sealed record ExplainStatus(bool FromCache, double AgeSeconds, double? BelievedForSeconds);

/// <param name="Node">Name of the node that keeps the file's status and first stripe.</param>
internal sealed record ExplainOwner(string Node);

/// <param name="Size">Bytes of a page.</param>
/// <param name="Count">Pages of the file.</param>
/// <param name="Cached">Of these, cached.</param>
/// <param name="Verified">Of these, compared with their checksums since the node started.</param>
internal sealed record ExplainPages(int Size, long Count, long Cached, long Verified);

/// <param name="FirstPage">From 0.</param>
/// <param name="LastPage">Included.</param>
/// <param name="Node">The node that owns them.</param>
/// <param name="Store">Store directory; null where the pages are not cached.</param>
/// <param name="State">"absent", "verified" or "unverified".</param>
internal sealed record ExplainRange(long FirstPage, long LastPage, string Node, string? Store, string State);
