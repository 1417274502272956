using System.Globalization;
using System.Runtime.CompilerServices;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>What follows from an object's key and status alone: hashes and texts that every answer needs. Made once a status, since that costs as much as all else of an answer.</summary>
internal sealed class StatusFacts
{
    private StrongBox<CachePath>? _record, _siblings;

    public StatusFacts(BucketRoot bucket, string key, FileStatus status, string storagesETag)
    {
        (Bucket, Key, Status) = (bucket, key, status);
        long ticks = status.LastModified.UtcTicks;
        var seconds = new DateTimeOffset(ticks - ticks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
        Headers = new FileHeaders(
            $"\"{storagesETag}\"", seconds, seconds.ToString("R", CultureInfo.InvariantCulture), ObjectRecord.DefaultContentType, status.Length);
        ETag = storagesETag;
        Stored = StoredRecord.Of(status.Attributes);
    }

    public BucketRoot Bucket { get; }

    public string Key { get; }

    public FileStatus Status { get; }

    /// <summary>Without quotes, as the storage has it.</summary>
    public string ETag { get; }

    /// <summary>What the storage itself says of the object.</summary>
    public ObjectRecord Stored { get; }

    /// <summary>Of an object of which nothing is said.</summary>
    public FileHeaders Headers { get; }

    /// <summary>Where its record lies, if it has one.</summary>
    public CachePath Record => (_record ??= new(RecordNames.Of(Bucket, Key, Status))).Value;

    /// <summary>Where the records of all objects of its directory lie.</summary>
    public CachePath SiblingRecords => (_siblings ??= new(Record.Parent)).Value;
}
