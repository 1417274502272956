using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>
/// Keeps records as files of the bucket's own mount, written and read like every other file: so they are as durable as the objects, all nodes
/// see them, and a lost cache loses none.
/// </summary>
internal sealed class RecordStore(CacheFileSystem files)
{
    private readonly RememberedRecords _remembered = new();

    /// <summary>Records that could not be read twice: somebody is writing it at this moment.</summary>
    private const int Attempts = 3;

    /// <summary>The record of an object as it is now; <see cref="ObjectRecord.Empty"/> where it has none.</summary>
    public async ValueTask<ObjectRecord> FindAsync(BucketRoot bucket, string key, FileStatus status, CancellationToken cancellationToken)
    {
        ObjectRecord? found = await ReadAsync(RecordNames.Of(bucket, key, status), cancellationToken).ConfigureAwait(false);
        return found is not null && found.Key == key && found.Version == status.RequireFile().Version.Token ? found : ObjectRecord.Empty;
    }

    /// <summary>Writes the record of an object, or takes the one that is there away where it would say nothing.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="key">The object.</param>
    /// <param name="status">As it was written.</param>
    /// <param name="record">What to keep.</param>
    /// <param name="mayExist">One of the same name may be there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task SaveAsync(BucketRoot bucket, string key, FileStatus status, ObjectRecord record, bool mayExist, CancellationToken cancellationToken)
    {
        CachePath path = RecordNames.Of(bucket, key, status);
        if (!record.IsEmpty)
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

    /// <summary>Names of the records of one directory's objects; null where there are more than a listing holds.</summary>
    public async Task<HashSet<string>?> NamesAsync(BucketRoot bucket, string prefix, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await foreach (FileStatus entry in files.ListAsync(RecordNames.DirectoryOf(bucket, prefix), recursive: false, null, cancellationToken).ConfigureAwait(false))
            {
                if (names.Count == S3Limits.MaxHeldNames)
                    return null;
                names.Add(entry.Path.Name);
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
        await files.CreateAsync(path, content, WriteCondition.None, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null where nothing is there, or nothing of ours.</summary>
    public async ValueTask<T?> ReadAsync<T>(CachePath path, JsonTypeInfo<T> type, CancellationToken cancellationToken) where T : class
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                FileStatus? status = (await files.TryGetStatusAsync(path, cancellationToken).ConfigureAwait(false)).Status;
                return status is null || status.IsDirectory || status.Length > S3Limits.MaxRecordBytes
                    ? null
                    : JsonSerializer.Deserialize(await ReadAllAsync(status, cancellationToken).ConfigureAwait(false), type);
            }
            catch (CacheException e) when (e.Error is CacheError.Changed or CacheError.NotFound && attempt < Attempts)
            {
                // Replaced while it was read.
            }
            catch (CacheException e) when (e.Error == CacheError.NotFound)
            {
                return null;
            }
            catch (JsonException)
            {
                return null;
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
        ObjectRecord? read = await ReadAsync(path, RecordJson.Default.ObjectRecord, cancellationToken).ConfigureAwait(false);
        if (read is not null)
            _remembered.Keep(file, read);
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
