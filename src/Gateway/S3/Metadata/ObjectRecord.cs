using System.Text.Json.Serialization;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Multipart;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>
/// What S3 says of an object and its storage cannot hold. Immutable. Written as JSON into a file of its own, which names key, version and
/// time of what it is about, so that it never speaks of another content.
/// </summary>
internal sealed record ObjectRecord
{
    /// <summary>What clients get who never said.</summary>
    public const string DefaultContentType = "binary/octet-stream";

    public static ObjectRecord Empty { get; } = new();

    public string Key { get; init; } = "";

    /// <summary>Version token of the file; "" for a directory.</summary>
    public string Version { get; init; } = "";

    /// <summary>Without quotes; null: the one that follows from the version.</summary>
    public string? ETag { get; init; }

    public string? ContentType { get; init; }

    /// <summary>Content-Encoding, Cache-Control ... by their names.</summary>
    public IReadOnlyDictionary<string, string>? ContentHeaders { get; init; }

    /// <summary>User metadata, names without x-amz-meta-, in small letters.</summary>
    public IReadOnlyDictionary<string, string>? User { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>>? Tags { get; init; }

    public StoredChecksum? Checksum { get; init; }

    /// <summary>Lengths of the parts of an upload in parts, in order.</summary>
    public IReadOnlyList<long>? Parts { get; init; }

    /// <summary>Their checksums, where the object's is one of these.</summary>
    public IReadOnlyList<string>? PartSums { get; init; }

    /// <summary>Of a part, from 1; null: nobody kept one.</summary>
    public StoredChecksum? SumOf(int part) => Checksum is { } sum && PartSums is { } sums && part <= sums.Count ? new StoredChecksum(sum.Algorithm, sums[part - 1]) : null;

    /// <summary>Whether it says nothing that the storage does not.</summary>
    [JsonIgnore]
    public bool IsEmpty => ETag is null && ContentType is null && ContentHeaders is null && User is null && Tags is null && Checksum is null && Parts is null && PartSums is null;
}

/// <summary>Reads and writes records without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ObjectRecord))]
[JsonSerializable(typeof(UploadRecord))]
[JsonSerializable(typeof(PartRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
