using Orleans.Cache.Gateway.S3.Checksums;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>A part that was uploaded. Its writing is what makes the part be there: of two uploads of one number the later record counts.</summary>
internal sealed record PartRecord
{
    public int Number { get; init; }

    /// <summary>Name of the file with its bytes.</summary>
    public string File { get; init; } = "";

    public long Length { get; init; }

    /// <summary>Version token of that file; "": nobody noted it.</summary>
    public string Version { get; init; } = "";

    /// <summary>MD5 in hexadecimal: the part's tag.</summary>
    public string Md5 { get; init; } = "";

    public StoredChecksum? Checksum { get; init; }

    public DateTimeOffset Written { get; init; }
}
