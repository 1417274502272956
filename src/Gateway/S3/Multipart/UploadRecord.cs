using System.Text.Json.Serialization;
using Orleans.Cache.Gateway.S3.Metadata;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>An upload in parts that was begun.</summary>
internal sealed record UploadRecord
{
    public string Key { get; init; } = "";

    public DateTimeOffset Begun { get; init; }

    /// <summary>What the object is to have, ETag and parts aside.</summary>
    public ObjectRecord Object { get; init; } = ObjectRecord.Empty;

    /// <summary>Checksum that parts are expected to have; null: none.</summary>
    public string? ChecksumAlgorithm { get; init; }

    /// <summary>Whether the object's checksum is one of its bytes, not of its parts' checksums.</summary>
    public bool FullObjectChecksum { get; init; }

    /// <summary>What S3 calls that; null: no checksum.</summary>
    [JsonIgnore]
    public string? ChecksumType => (ChecksumAlgorithm, FullObjectChecksum) switch
    {
        (null, _) => null,
        (_, true) => Checksums.ChecksumType.FullObject,
        _ => Checksums.ChecksumType.Composite,
    };
}
