using System.Text.RegularExpressions;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.S3;

/// <summary>How the S3 endpoint serves. Immutable.</summary>
public sealed partial record S3Options
{
    public const int DefaultPort = 29998;

    public const string DefaultRegion = "us-east-1";

    /// <summary>Region that signatures must name.</summary>
    public string Region { get; init; } = DefaultRegion;

    /// <summary>Hosts below which a label is a bucket: with "s3.example.com", data.s3.example.com/k is /data/k.</summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary>None: whoever reaches the port may do everything.</summary>
    public IReadOnlyList<AccessKey> Keys { get; init; } = [];

    /// <summary>Buckets of another name or place than a directory below '/', and public ones.</summary>
    public IReadOnlyList<NamedBucket> Buckets { get; init; } = [];

    /// <summary>Origins whose pages may ask, "*" for all; empty: none.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>Whether clients could name a bucket so: 1 to 255 letters, digits, '.', '-' and '_', not beginning with a dot.</summary>
    public static bool IsBucketName(string name) => Names().IsMatch(name);

    [GeneratedRegex(@"\A[A-Za-z0-9_\-][A-Za-z0-9_.\-]{0,254}\z")]
    private static partial Regex Names();
}

/// <summary>A bucket that the configuration names.</summary>
/// <param name="Name">As clients name it.</param>
/// <param name="Path">The directory that it shows.</param>
/// <param name="IsPublic">Whether it may be read and listed without a key.</param>
public sealed record NamedBucket(string Name, CachePath Path, bool IsPublic);
