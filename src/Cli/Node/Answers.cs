using System.Text.Json.Serialization;

namespace Orleans.Cache.Cli.Node;

/// <summary>What a node says of one path: an entry of a listing, or with the last three fields a status.</summary>
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

/// <summary>What a free dropped.</summary>
internal sealed record Dropped
{
    public required long FreedFiles { get; init; }

    public required long FreedPages { get; init; }

    public required long FreedBytes { get; init; }
}

/// <summary>problem+json.</summary>
internal sealed record Problem
{
    public string? Title { get; init; }

    public string? Detail { get; init; }

    public string? Error { get; init; }
}

/// <summary>Serialisers made at compile time: no reflection, so the program starts faster than people notice.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Entry))]
[JsonSerializable(typeof(Listing))]
[JsonSerializable(typeof(Dropped))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(MountList))]
[JsonSerializable(typeof(CacheFigures))]
internal sealed partial class AnswerJson : JsonSerializerContext;
