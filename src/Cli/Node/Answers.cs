using System.Text.Json.Serialization;

namespace Orleans.Cache.Cli.Node;

/// <summary>What a node says of one path: an entry of a listing, or with the last fields a status.</summary>
internal sealed record Entry
{
    public required string Path { get; init; }

    public required string Type { get; init; }

    public long Length { get; init; }

    public DateTimeOffset LastModified { get; init; }

    public string? Version { get; init; }

    public long? CachedBytes { get; init; }

    public double? CachedPercent { get; init; }

    public string? Mount { get; init; }

    [JsonIgnore]
    public bool IsDirectory => Type == "directory";

    [JsonIgnore]
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}

/// <summary>A page of a listing.</summary>
internal sealed record Listing
{
    public required IReadOnlyList<Entry> Entries { get; init; }

    public string? NextToken { get; init; }
}

/// <summary>What a free dropped, or would drop.</summary>
internal sealed record Dropped
{
    public required long FreedFiles { get; init; }

    public required long FreedPages { get; init; }

    public required long FreedBytes { get; init; }
}

/// <summary>What a copy from one path of the cache to another wrote.</summary>
internal sealed record CopiedOnNode
{
    public required long Files { get; init; }

    public required long Directories { get; init; }

    public required long Bytes { get; init; }
}

/// <summary>problem+json.</summary>
internal sealed record Problem
{
    public string? Title { get; init; }

    public string? Detail { get; init; }

    public string? Error { get; init; }
}
