using System.Globalization;
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

    /// <summary>For conditions and ranges, which are the same as those of files.</summary>
    public FileHeaders ToFileHeaders()
    {
        long ticks = Status.LastModified.UtcTicks;
        var seconds = new DateTimeOffset(ticks - ticks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
        return new FileHeaders($"\"{ETag}\"", seconds, seconds.ToString("R", CultureInfo.InvariantCulture), Record.ContentType ?? ObjectRecord.DefaultContentType, Length);
    }

    /// <summary>Null: no object is at the key.</summary>
    public static async ValueTask<FoundObject?> TryFindAsync(CacheFileSystem files, RecordStore records, ObjectKey key, CancellationToken cancellationToken)
    {
        FileStatus? status = (await files.TryGetStatusAsync(key.Path, cancellationToken).ConfigureAwait(false)).Status;
        return status is null || status.IsDirectory != key.IsDirectory ? null : await OfAsync(files, records, key, status, cancellationToken).ConfigureAwait(false);
    }

    public static async ValueTask<FoundObject> OfAsync(
        CacheFileSystem files, RecordStore records, ObjectKey key, FileStatus status, CancellationToken cancellationToken)
    {
        if (key.IsDirectory)
        {
            ObjectRecord marker = await records.FindMarkerAsync(key.Bucket, key.Key, cancellationToken).ConfigureAwait(false) ?? ObjectRecord.Empty;
            return new(key, status, marker with { ContentType = marker.ContentType ?? DirectoryContentType }, EmptyMd5);
        }
        ObjectRecord record = await records.FindAsync(key.Bucket, key.Key, status, cancellationToken).ConfigureAwait(false);
        return new(key, status, record, record.ETag ?? ETags.Of(files, status));
    }
}
