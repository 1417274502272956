using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.S3.Buckets;

/// <summary>A bucket and the directory that it shows.</summary>
/// <param name="Name">As clients name it.</param>
/// <param name="Path">Its directory.</param>
internal sealed record BucketRoot(string Name, CachePath Path)
{
    /// <summary>Directory of a bucket that holds what its storage cannot: records of metadata and parts of uploads. No key reaches it, no listing shows it.</summary>
    public const string Aside = ".ocache-s3";

    /// <summary>Records of objects, one a version.</summary>
    public CachePath Records { get; } = Path.Combine(Aside + "/objects");

    /// <summary>Records of directories that were written as objects whose key ends with a slash.</summary>
    public CachePath Markers { get; } = Path.Combine(Aside + "/directories");

    /// <summary>Uploads that are neither completed nor aborted, a directory each.</summary>
    public CachePath Uploads { get; } = Path.Combine(Aside + "/uploads");
}
