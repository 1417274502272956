using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>
/// Writes an object and its record. The order: 1. the file; 2. the record of its version; 3. the record of the version that was replaced goes;
/// 4. the client is answered. Between 1 and 2 a reader finds the new bytes without the record. A client whose write ends there gets an error,
/// and knows nothing of what is there, as with every write whose answer is lost.
/// </summary>
internal sealed class ObjectWriter(CacheFileSystem files, RecordStore records)
{
    /// <param name="key">The object.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="condition">What must be there.</param>
    /// <param name="record">Called when the bytes are written, for what is known only then.</param>
    /// <param name="cancellationToken">Gives the write up.</param>
    public async Task<FoundObject> WriteAsync(ObjectKey key, Stream content, WriteCondition condition, Func<ObjectRecord> record, CancellationToken cancellationToken)
    {
        RequireOneMount(files.Mounts, key);
        FileStatus? before = (await files.TryGetStatusAsync(key.Path, cancellationToken).ConfigureAwait(false)).Status;
        FileStatus written = await files.CreateAsync(key.Path, content, condition, cancellationToken).ConfigureAwait(false);
        ObjectRecord wanted = record();
        string storages = ETags.Of(files, written);
        string tag = wanted.ETag ?? storages;
        // What the storage says itself needs no record.
        ObjectRecord kept = wanted with { ETag = tag == storages ? null : tag };
        bool sameName = before is { IsDirectory: false } && RecordNames.NameOf(key.Key, before) == RecordNames.NameOf(key.Key, written);
        // From here on it is written; whoever left meanwhile is told nothing, but what is kept of it is whole.
        await records.SaveAsync(key.Bucket, key.Key, written, kept, mayExist: sameName, CancellationToken.None).ConfigureAwait(false);
        if (before is { IsDirectory: false } && !sameName)
            await records.DropAsync(key.Bucket, key.Key, before, CancellationToken.None).ConfigureAwait(false);
        return new FoundObject(key, written, kept, tag);
    }

    /// <summary>An object and its record lie in one mount: what is written to another could be written and not described.</summary>
    /// <exception cref="S3Exception">AccessDenied.</exception>
    public static void RequireOneMount(MountTable mounts, ObjectKey key)
    {
        if (!mounts.TryResolve(key.Path, out MountedKey at))
            throw S3Error.AccessDenied("The bucket is a directory that only leads to mounts; write below one of them.").Thrown();
        if (!mounts.TryResolve(key.Bucket.Records, out MountedKey records) || records.Mount.Path != at.Mount.Path)
            throw S3Error.AccessDenied($"Keys there are those of the mount '{at.Mount.Path}' in this bucket and cannot be written through it; make that a bucket of its own: --s3-bucket NAME={at.Mount.Path}.").Thrown();
    }

    /// <summary>Makes a directory of a key that ends with a slash.</summary>
    public async Task WriteDirectoryAsync(ObjectKey key, ObjectRecord record, CancellationToken cancellationToken)
    {
        RequireOneMount(files.Mounts, key);
        await files.CreateDirectoryAsync(key.Path, cancellationToken).ConfigureAwait(false);
        await records.SaveMarkerAsync(key.Bucket, key.Key, record, cancellationToken).ConfigureAwait(false);
    }
}
