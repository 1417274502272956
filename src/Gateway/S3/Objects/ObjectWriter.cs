using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.UnderStorage;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>
/// Writes an object and its record. The order: 1. the file; 2. the record of its version; 3. the record of the version that was replaced goes;
/// 4. the client is answered. Between 1 and 2 a reader finds the new bytes without the record. A client whose write ends there gets an error,
/// and knows nothing of what is there, as with every write whose answer is lost. A storage that keeps what the record would say beside the bytes makes
/// 1 all there is: one request to a store.
/// </summary>
internal sealed class ObjectWriter(CacheFileSystem files, RecordStore records)
{
    /// <param name="key">The object.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="condition">What must be there.</param>
    /// <param name="describe">
    /// What is to be said of it: with true when the content was read to its end; with false as far as it is known before.
    /// </param>
    /// <param name="cancellationToken">Gives the write up.</param>
    /// <param name="sha256">What the client signed of the content, which is held against it; null: it did not.</param>
    public async Task<FoundObject> WriteAsync(
        ObjectKey key, Stream content, WriteCondition condition, Func<bool, ObjectRecord> describe, CancellationToken cancellationToken, string? sha256 = null)
    {
        FileStatus? before = await BeforeAsync(key, cancellationToken).ConfigureAwait(false);
        FileStatus written = await files.CreateObjectAsync(
            key.Path, content, new ObjectWrite(condition, isRead => StoredRecord.AttributesOf(describe(isRead))) { Sha256 = sha256 }, cancellationToken).ConfigureAwait(false);
        return await RecordAsync(key, before, written, describe(true)).ConfigureAwait(false);
    }

    /// <summary>The same of an object that the storage makes of files that are there; null: it cannot, and nothing has changed.</summary>
    public async Task<FoundObject?> ComposeAsync(ObjectKey key, IReadOnlyList<FilePart> parts, WriteCondition condition, ObjectRecord record, CancellationToken cancellationToken)
    {
        FileStatus? before = await BeforeAsync(key, cancellationToken).ConfigureAwait(false);
        var write = new ObjectWrite(condition, _ => StoredRecord.AttributesOf(record));
        FileStatus? written = await files.ComposeAsync(key.Path, parts, write, cancellationToken).ConfigureAwait(false);
        return written is null ? null : await RecordAsync(key, before, written, record).ConfigureAwait(false);
    }

    /// <summary>What is there, where a record of it may have to be replaced.</summary>
    private async ValueTask<FileStatus?> BeforeAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        RequireOneMount(files.Mounts, key);
        return await records.MayReplaceRecordAsync(key.Bucket, key.Key, cancellationToken).ConfigureAwait(false)
            ? (await files.TryGetStatusAsync(key.Path, StatusWish.Described, cancellationToken).ConfigureAwait(false)).Status
            : null;
    }

    /// <summary>2 and 3. It is written; whoever left meanwhile is told nothing, but what is kept of it is whole.</summary>
    private async Task<FoundObject> RecordAsync(ObjectKey key, FileStatus? before, FileStatus written, ObjectRecord wanted)
    {
        string storages = ETags.Of(files, written);
        // Where contents are named by hashes, what was uploaded in parts is the one thing whose tag is not the storage's.
        string tag = wanted.ETag is { } made && (wanted.Parts is not null || !ETags.AreOfStorage(files, written)) ? made : storages;
        // What the storage says itself needs no record.
        ObjectRecord kept = wanted with { ETag = tag == storages ? null : tag };
        bool needsRecord = !StoredRecord.IsAllOf(kept, written.Attributes);
        if (needsRecord && written.LastModified == DateTimeOffset.UnixEpoch)
            written = await TimedAsync(key, written).ConfigureAwait(false);
        bool sameName = before is { IsDirectory: false } && RecordNames.NameOf(key.Key, before) == RecordNames.NameOf(key.Key, written);
        if (needsRecord || sameName)
            await records.SaveAsync(key.Bucket, key.Key, written, kept, mayExist: sameName, CancellationToken.None).ConfigureAwait(false);
        if (before is { IsDirectory: false } && !sameName)
            await records.DropAsync(key.Bucket, key.Key, before, CancellationToken.None).ConfigureAwait(false);
        return new FoundObject(key, written, kept, tag);
    }

    /// <summary>The time of what was written belongs to its record's name. Where it was replaced already, nobody looks for that record.</summary>
    public async ValueTask<FileStatus> TimedAsync(ObjectKey key, FileStatus written)
    {
        FileStatus? now = (await files.TryGetStatusAsync(key.Path, StatusWish.Described, CancellationToken.None).ConfigureAwait(false)).Status;
        return now?.File is { } file && file.Equals(written.File) ? now : written;
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
