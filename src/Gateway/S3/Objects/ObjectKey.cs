using System.Text;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>
/// A key and its path in the namespace. Invariant: two different keys have two different paths, but for "d" and "d/", which
/// <see cref="IsDirectory"/> tells apart, and no key leads out of its bucket: parts that a path would change (empty, "." and "..") have other names there (<see cref="PartName"/>).
/// </summary>
/// <param name="Bucket">Its bucket.</param>
/// <param name="Key">As the client wrote it.</param>
/// <param name="Path">The file or directory.</param>
/// <param name="IsDirectory">It ends with a slash: clients write such an empty object to have a directory.</param>
internal readonly record struct ObjectKey(BucketRoot Bucket, string Key, CachePath Path, bool IsDirectory)
{
    /// <summary>For what reads: a key that no file can have is not there.</summary>
    /// <exception cref="S3Exception">KeyTooLongError, NoSuchKey.</exception>
    public static ObjectKey ToRead(BucketRoot bucket, string key) =>
        TryMap(bucket, key, out ObjectKey mapped) ? mapped : throw S3Error.NoSuchKey(key).Thrown();

    /// <summary>For what writes.</summary>
    /// <exception cref="S3Exception">KeyTooLongError, InvalidArgument.</exception>
    public static ObjectKey ToWrite(BucketRoot bucket, string key) => TryMap(bucket, key, out ObjectKey mapped)
        ? mapped
        : throw S3Error.InvalidArgument("The key has a part that is kept for the node itself, or is no valid Unicode; no file can be named so. Choose another key.").Thrown();

    /// <exception cref="S3Exception">KeyTooLongError.</exception>
    public static bool TryMap(BucketRoot bucket, string key, out ObjectKey mapped)
    {
        mapped = default;
        if (key.Length > S3Limits.MaxKeyBytes || Encoding.UTF8.GetByteCount(key) > S3Limits.MaxKeyBytes)
            throw new S3Error(400, "KeyTooLongError", $"Your key is longer than {S3Limits.MaxKeyBytes} bytes.").Thrown();
        bool isDirectory = key.EndsWith('/');
        string name = isDirectory ? key[..^1] : key;
        if (key.Length == 0 || HasPartAside(name))
            return false;
        string within = PartName.ToPaths(name);
        if (!CachePath.TryParse(bucket.Path.IsRoot ? $"/{within}" : $"{bucket.Path.Value}/{within}", out CachePath path, out _))
            return false;
        mapped = new(bucket, key, path, isDirectory);
        return true;
    }

    private static bool HasPartAside(ReadOnlySpan<char> name)
    {
        foreach (Range range in name.Split('/'))
        {
            // At any depth: a directory of this bucket may be another bucket.
            if (name[range] is BucketRoot.Aside)
                return true;
        }
        return false;
    }
}
