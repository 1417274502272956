using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>
/// Where the record of an object lies: objects/DIRECTORY/NAME-VERSION, three hashes. By directory, so that a listing learns with one listing
/// more which of its objects have one; by version, so that two writers of one key never write the same file, and a record of what was
/// replaced is never found again. Pure.
/// </summary>
internal static class RecordNames
{
    public static CachePath Of(BucketRoot bucket, string key, FileStatus status) =>
        DirectoryOf(bucket, key[..(key.LastIndexOf('/') + 1)]).Combine(NameOf(key, status));

    /// <summary>Directory of the records of all objects whose keys are <paramref name="prefix"/> (ending with a slash, or empty) and a name.</summary>
    public static CachePath DirectoryOf(BucketRoot bucket, string prefix) => bucket.Records.Combine(HashOf(prefix));

    public static CachePath OfMarker(BucketRoot bucket, string key) => bucket.Markers.Combine(HashOf(key));

    /// <summary>The time too: the same bytes written again are the same version in stores whose versions are hashes, but not the same object.</summary>
    public static string NameOf(string key, FileStatus status) =>
        HashOf(key[(key.LastIndexOf('/') + 1)..]) + "-" + HashOf(string.Create(CultureInfo.InvariantCulture, $"{status.RequireFile().Version.Token}@{status.LastModified.UtcTicks}"));

    /// <summary>The 128 bits that <see cref="NameOf"/> writes, for sets of many names; false: it is no such name.</summary>
    public static bool TryNumber(ReadOnlySpan<char> name, out UInt128 number)
    {
        number = default;
        if (name.Length != 33 || name[16] != '-' || !ulong.TryParse(name[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong upper)
            || !ulong.TryParse(name[17..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong lower))
            return false;
        number = new UInt128(upper, lower);
        return true;
    }

    /// <summary>64 bits of SHA-256: records name their keys, so that two that share it cannot be taken for one another.</summary>
    private static string HashOf(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> utf8 = stackalloc byte[2 * S3Limits.MaxKeyBytes];
        int length = Encoding.UTF8.TryGetBytes(text, utf8, out int written) ? written : 0;
        SHA256.HashData(length > 0 ? utf8[..length] : Encoding.UTF8.GetBytes(text), hash);
        return Convert.ToHexStringLower(hash[..sizeof(ulong)]);
    }
}
