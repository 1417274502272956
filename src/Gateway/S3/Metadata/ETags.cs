using System.Security.Cryptography;
using System.Text;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>
/// The entity tag of an object that no record gives one. From a store that has S3's own tags it is the store's. From others it is made of the
/// version and ends with "-0": clients take a tag with a dash for no MD5 (docs/decisions/0006-s3-metadata.md), and no upload has no parts.
/// </summary>
internal static class ETags
{
    /// <summary>Digits of a hash in front of the dash, as in tags of uploads in parts.</summary>
    private const int HashBytes = 16;

    public static string Of(CacheFileSystem files, FileStatus status)
    {
        string token = status.RequireFile().Version.Token;
        return AreOfStorage(files, status) ? token : OfToken(token);
    }

    /// <summary>Whether the storage of a file has S3's own tags.</summary>
    public static bool AreOfStorage(CacheFileSystem files, FileStatus status) => AreOfStorage(files, status.Path);

    /// <summary>Whether those of files there will be: nobody else needs to make one of what is written.</summary>
    public static bool AreOfStorage(CacheFileSystem files, CachePath path) =>
        files.Mounts.TryResolve(path, out MountedKey at) && at.Mount.Storage.Capabilities.VersionsNameContent;

    private static string OfToken(string token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        return Convert.ToHexStringLower(hash[..HashBytes]) + "-0";
    }
}
