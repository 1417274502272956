using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>
/// Keeps records as files of the bucket's own mount, written and read like every other file: so they are as durable as the objects, all nodes
/// see them, and a lost cache loses none.
/// </summary>
internal sealed class RecordStore(CacheFileSystem files)
{
    private readonly RememberedRecords _remembered = new();
    private readonly KnownStatuses _known = new();

    /// <summary>Records that could not be read twice: somebody is writing it at this moment.</summary>
    private const int Attempts = 3;

    /// <summary>
    /// The record of an object as it is now: the file that was written for it; else what its storage says; <see cref="ObjectRecord.Empty"/> where nobody says anything.
    /// </summary>
    /// <param name="of">The object.</param>
    /// <param name="toChange">What is found will be written again, changed: the record itself is asked for then, whatever is believed of directories.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ObjectRecord> FindAsync(StatusFacts of, bool toChange, CancellationToken cancellationToken)
    {
        if (!toChange && !await MayHaveRecordAsync(of, cancellationToken).ConfigureAwait(false))
            return of.Stored;
        ObjectRecord? found = await ReadAsync(of.Record, cancellationToken).ConfigureAwait(false);
        return found is not null && found.Key == of.Key && found.Version == of.Status.RequireFile().Version.Token ? found : of.Stored;
    }

    /// <summary>What follows from a file's status alone.</summary>
    public StatusFacts FactsOf(BucketRoot bucket, string key, FileStatus status)
    {
        if (_known.Find(bucket, status) is { } known)
            return known;
        var made = new StatusFacts(bucket, key, status, ETags.Of(files, status));
        _known.Keep(made);
        return made;
    }

    /// <summary>
    /// Asks for directories first, whose absence is believed for all that would lie in them: where nothing has a record, reading an object asks the storage
    /// for nothing more. A mount that believes no absence would only be asked more often so.
    /// </summary>
    private async ValueTask<bool> MayHaveRecordAsync(StatusFacts of, CancellationToken cancellationToken) =>
        (files.Mounts.TryResolve(of.Bucket.Records, out MountedKey at) && at.Mount.Freshness.BelieveAbsenceFor == TimeSpan.Zero)
        || (await IsThereAsync(of.Bucket.Records, cancellationToken).ConfigureAwait(false) && await IsThereAsync(of.SiblingRecords, cancellationToken).ConfigureAwait(false));

    /// <summary>Whether an object of the key's directory may have a record that its replacement leaves behind.</summary>
    public async ValueTask<bool> MayReplaceRecordAsync(BucketRoot bucket, string key, CancellationToken cancellationToken) =>
        await IsThereAsync(bucket.Records, cancellationToken).ConfigureAwait(false)
        && await IsThereAsync(RecordNames.DirectoryOf(bucket, key[..(key.LastIndexOf('/') + 1)]), cancellationToken).ConfigureAwait(false);

    /// <summary>Writes the record of an object, or takes the one that is there away where it would say what the storage says.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="key">The object.</param>
    /// <param name="status">As it was written.</param>
    /// <param name="record">What to keep.</param>
    /// <param name="mayExist">One of the same name may be there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task SaveAsync(BucketRoot bucket, string key, FileStatus status, ObjectRecord record, bool mayExist, CancellationToken cancellationToken)
    {
        CachePath path = RecordNames.Of(bucket, key, status);
        if (!StoredRecord.IsAllOf(record, status.Attributes))
            await WriteAsync(path, record with { Key = key, Version = status.RequireFile().Version.Token }, RecordJson.Default.ObjectRecord, cancellationToken).ConfigureAwait(false);
        else if (mayExist)
            await DeleteAsync(path, cancellationToken).ConfigureAwait(false);
    }

    public Task DropAsync(BucketRoot bucket, string key, FileStatus status, CancellationToken cancellationToken) =>
        DeleteAsync(RecordNames.Of(bucket, key, status), cancellationToken);

    public async ValueTask<ObjectRecord?> FindMarkerAsync(BucketRoot bucket, string key, CancellationToken cancellationToken) =>
        await ReadAsync(RecordNames.OfMarker(bucket, key), cancellationToken).ConfigureAwait(false) is { } found && found.Key == key ? found : null;

    public Task SaveMarkerAsync(BucketRoot bucket, string key, ObjectRecord record, CancellationToken cancellationToken) =>
        WriteAsync(RecordNames.OfMarker(bucket, key), record with { Key = key }, RecordJson.Default.ObjectRecord, cancellationToken);

    public Task DropMarkerAsync(BucketRoot bucket, string key, CancellationToken cancellationToken) => DeleteAsync(RecordNames.OfMarker(bucket, key), cancellationToken);

    /// <summary>Names of the records of one directory's objects; null where there are more than <paramref name="max"/>.</summary>
    public async Task<HashSet<UInt128>?> NamesAsync(BucketRoot bucket, string prefix, int max, CancellationToken cancellationToken)
    {
        var names = new HashSet<UInt128>();
        try
        {
            await foreach (FileStatus entry in files.ListAsync(RecordNames.DirectoryOf(bucket, prefix), recursive: false, null, cancellationToken).ConfigureAwait(false))
            {
                if (names.Count >= max)
                    return null;
                if (RecordNames.TryNumber(entry.Path.Name, out UInt128 number))
                    names.Add(number);
            }
        }
        catch (CacheException e) when (e.Error is CacheError.NotFound or CacheError.NotADirectory)
        {
            // No record, no directory.
        }
        return names;
    }

    public async ValueTask<bool> IsThereAsync(CachePath path, CancellationToken cancellationToken) =>
        (await files.TryGetStatusAsync(path, cancellationToken).ConfigureAwait(false)).Status is not null;

    public async Task WriteAsync<T>(CachePath path, T record, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(record, type));
        var write = new ObjectWrite(WriteCondition.None, _ => UfsAttributes.None);
        await files.CreateObjectAsync(path, content, write, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null where nothing is there, or nothing of ours.</summary>
    public async ValueTask<T?> ReadAsync<T>(CachePath path, JsonTypeInfo<T> type, CancellationToken cancellationToken) where T : class =>
        (await ReadVersionAsync(path, type, cancellationToken).ConfigureAwait(false)).Record;

    /// <summary>A record and the version that it was read from.</summary>
    private async ValueTask<(T? Record, FileRef? File)> ReadVersionAsync<T>(CachePath path, JsonTypeInfo<T> type, CancellationToken cancellationToken) where T : class
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                FileStatus? status = (await files.TryGetStatusAsync(path, cancellationToken).ConfigureAwait(false)).Status;
                return status is null || status.IsDirectory || status.Length > S3Limits.MaxRecordBytes
                    ? default
                    : (JsonSerializer.Deserialize(await ReadAllAsync(status, cancellationToken).ConfigureAwait(false), type), status.File);
            }
            catch (CacheException e) when (e.Error is CacheError.Changed or CacheError.NotFound && attempt < Attempts)
            {
                // Replaced while it was read.
            }
            catch (CacheException e) when (e.Error == CacheError.NotFound)
            {
                return default;
            }
            catch (JsonException)
            {
                return default;
            }
        }
    }

    private async ValueTask<ObjectRecord?> ReadAsync(CachePath path, CancellationToken cancellationToken)
    {
        FileStatus? status = (await files.TryGetStatusAsync(path, cancellationToken).ConfigureAwait(false)).Status;
        if (status?.File is not { } file)
            return null;
        if (_remembered.Find(file) is { } known)
            return known;
        // Kept under the version that it was read from: a writer may have come since the one above was told.
        (ObjectRecord? read, FileRef? of) = await ReadVersionAsync(path, RecordJson.Default.ObjectRecord, cancellationToken).ConfigureAwait(false);
        if (read is not null && of is not null)
            _remembered.Keep(of, read);
        return read;
    }

    private async ValueTask<byte[]> ReadAllAsync(FileStatus status, CancellationToken cancellationToken)
    {
        CacheFile file = files.Open(status);
        byte[] content = new byte[status.Length];
        for (int at = 0; at < content.Length;)
        {
            int read = await file.ReadAsync(at, content.AsMemory(at), content.Length - at, cancellationToken).ConfigureAwait(false);
            at += read > 0 ? read : throw CacheException.Changed(status.Path.Value);
        }
        return content;
    }

    private async Task DeleteAsync(CachePath path, CancellationToken cancellationToken)
    {
        try
        {
            if (await IsThereAsync(path, cancellationToken).ConfigureAwait(false))
                await files.DeleteAsync(path, recursive: false, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error is CacheError.NotFound)
        {
            // Somebody else was faster.
        }
    }
}
