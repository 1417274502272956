using System.Collections.Concurrent;
using System.Collections.Frozen;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Buckets;

/// <summary>Which buckets there are: those that the configuration names, and every directory directly below '/', mounts first of all.</summary>
internal sealed class BucketTable(CacheFileSystem files, S3Options options)
{
    private readonly FrozenDictionary<string, BucketRoot> _named = options.Buckets.ToFrozenDictionary(b => b.Name, b => new BucketRoot(b.Name, b.Path), StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, BucketRoot> _known = new(StringComparer.Ordinal);
    private int _knownCount;

    /// <summary>Where a bucket lies, whether or not it is there.</summary>
    /// <exception cref="S3Exception">InvalidBucketName.</exception>
    public BucketRoot RootOf(string bucket)
    {
        if (_named.TryGetValue(bucket, out BucketRoot? root) || _known.TryGetValue(bucket, out root))
            return root;
        if (!S3Options.IsBucketName(bucket))
            throw new S3Error(400, "InvalidBucketName", $"'{bucket}' is no bucket's name: 1 to 255 letters, digits, '.', '-' and '_', not beginning with a dot.") { Details = [new("BucketName", bucket)] }.Thrown();
        root = new BucketRoot(bucket, CachePath.Parse("/" + bucket));
        if (Volatile.Read(ref _knownCount) < S3Limits.MaxKnownBuckets && _known.TryAdd(bucket, root))
            Interlocked.Increment(ref _knownCount);
        return root;
    }

    /// <exception cref="S3Exception">NoSuchBucket.</exception>
    public async ValueTask RequireAsync(BucketRoot bucket, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(bucket, cancellationToken).ConfigureAwait(false))
            throw S3Error.NoSuchBucket(bucket.Name).Thrown();
    }

    public async ValueTask<bool> ExistsAsync(BucketRoot bucket, CancellationToken cancellationToken) =>
        (await files.TryGetStatusAsync(bucket.Path, cancellationToken).ConfigureAwait(false)).Status is { IsDirectory: true };

    /// <summary>All buckets, in the order of their names.</summary>
    public async Task<IReadOnlyList<(string Name, DateTimeOffset Created)>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new SortedDictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (BucketRoot named in _named.Values)
        {
            if ((await files.TryGetStatusAsync(named.Path, cancellationToken).ConfigureAwait(false)).Status is { IsDirectory: true } there)
                found[named.Name] = there.LastModified;
        }
        await foreach (FileStatus entry in files.ListAsync(CachePath.Root, recursive: false, null, cancellationToken).ConfigureAwait(false))
        {
            if (entry.IsDirectory && S3Options.IsBucketName(entry.Path.Name))
                found.TryAdd(entry.Path.Name, entry.LastModified);
        }
        return [.. found.Select(b => (b.Key, b.Value))];
    }
}
