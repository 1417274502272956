using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>An object as it is now: its status and its record.</summary>
internal sealed record FoundObject(ObjectKey Key, FileStatus Status, ObjectRecord Record, string ETag)
{
    /// <summary>Of a directory that was written as an object.</summary>
    private const string EmptyMd5 = "d41d8cd98f00b204e9800998ecf8427e";

    public const string DirectoryContentType = "application/x-directory";

    public long Length => Status.Length;

    /// <summary>Of a file that was found.</summary>
    public StatusFacts? Facts { get; init; }

    /// <summary>For conditions and ranges, which are the same as those of files.</summary>
    public FileHeaders ToFileHeaders()
    {
        if (Facts is null)
            return new StatusFacts(Key.Bucket, Key.Key, Status, ETag).Headers with { ContentType = Record.ContentType ?? ObjectRecord.DefaultContentType };
        return Record.ETag is null && Record.ContentType is null
            ? Facts.Headers
            : Facts.Headers with { ETag = $"\"{ETag}\"", ContentType = Record.ContentType ?? ObjectRecord.DefaultContentType };
    }

    /// <summary>Null: no object is at the key.</summary>
    /// <param name="files">Where the object lies.</param>
    /// <param name="records">Where its record does.</param>
    /// <param name="key">The object.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="toChange">The record will be written again: see <see cref="RecordStore.FindAsync"/>.</param>
    public static async ValueTask<FoundObject?> TryFindAsync(
        CacheFileSystem files, RecordStore records, ObjectKey key, CancellationToken cancellationToken, bool toChange = false)
    {
        FileStatus? status = (await files.TryGetStatusAsync(key.Path, StatusWish.Described, cancellationToken).ConfigureAwait(false)).Status;
        return status is null || status.IsDirectory != key.IsDirectory ? null : await OfAsync(files, records, key, status, cancellationToken, toChange).ConfigureAwait(false);
    }

    public static async ValueTask<FoundObject> OfAsync(
        CacheFileSystem files, RecordStore records, ObjectKey key, FileStatus status, CancellationToken cancellationToken, bool toChange = false)
    {
        if (key.IsDirectory)
        {
            ObjectRecord marker = await records.FindMarkerAsync(key.Bucket, key.Key, cancellationToken).ConfigureAwait(false) ?? ObjectRecord.Empty;
            return new(key, status, marker with { ContentType = marker.ContentType ?? DirectoryContentType }, EmptyMd5);
        }
        StatusFacts facts = records.FactsOf(key.Bucket, key.Key, status);
        ObjectRecord record = await records.FindAsync(facts, toChange, cancellationToken).ConfigureAwait(false);
        return new(key, status, record, record.ETag ?? facts.ETag) { Facts = facts };
    }
}
