using System.Globalization;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>
/// What a write or a delete demands of the object that is there, in the engine's terms: a tag becomes the version that has it. What is there is asked of the
/// storage: of what is believed somebody else may have made something else meanwhile.
/// </summary>
internal static class WriteConditions
{
    /// <summary>Tags are sent without their quotes by some clients.</summary>
    public static string? Quoted(string? tags) => tags is null || tags.Contains('"') || tags.AsSpan().Trim() is "*" ? tags : $"\"{tags.Trim()}\"";

    /// <exception cref="S3Exception">PreconditionFailed, NoSuchKey; NotImplemented: a condition that a write cannot have.</exception>
    public static async ValueTask<WriteCondition> ReadAsync(S3Request request, CacheFileSystem files, RecordStore records, ObjectKey key)
    {
        RefuseTimes(request);
        string? ifMatch = request.Header("If-Match"), ifNoneMatch = request.Header("If-None-Match");
        if (ifNoneMatch is not null)
        {
            return ifMatch is null && ifNoneMatch.AsSpan().Trim() is "*"
                ? WriteCondition.IfAbsent
                : throw S3Error.NotImplemented("A write with If-None-Match of a tag, or with both conditions,").Thrown();
        }
        if (ifMatch is null)
            return WriteCondition.None;
        FoundObject found = await FindAsync(files, records, key, request.Aborted).ConfigureAwait(false) ?? throw S3Error.NoSuchKey(key.Key).Thrown();
        if (found.Status.IsDirectory || ifMatch.AsSpan().Trim() is "*")
            return WriteCondition.IfPresent;
        return EntityTags.Names(Quoted(ifMatch)!, $"\"{found.ETag}\"", weakly: false)
            ? WriteCondition.IfVersion(found.Status.RequireFile().Version)
            : throw S3Error.PreconditionFailed("If-Match").Thrown();
    }

    /// <summary>Passed over, they would make a write or a delete of one that its client has forbidden.</summary>
    /// <exception cref="S3Exception">NotImplemented.</exception>
    public static void RefuseTimes(S3Request request)
    {
        if (request.Headers.IfModifiedSince.Count + request.Headers.IfUnmodifiedSince.Count > 0)
            throw S3Error.NotImplemented("A write or delete with If-Modified-Since or If-Unmodified-Since").Thrown();
    }

    /// <summary>What a delete demands: of a header or of an element of DeleteObjects.</summary>
    /// <param name="Tag">If-Match; null: none.</param>
    /// <param name="Size">Bytes; null: any.</param>
    /// <param name="LastModified">A date as HTTP or XML writes it; null: any.</param>
    public readonly record struct DeleteDemand(string? Tag, string? Size, string? LastModified)
    {
        public bool IsNone => Tag is null && Size is null && LastModified is null;
    }

    /// <summary>What is there, where it is what a demand wants; null: nothing, and so nothing is to be done.</summary>
    /// <exception cref="S3Exception">PreconditionFailed; NotImplemented: of a directory.</exception>
    public static async ValueTask<FileStatus?> FindToDeleteAsync(
        CacheFileSystem files, RecordStore records, ObjectKey key, DeleteDemand demand, CancellationToken cancellationToken)
    {
        if (key.IsDirectory)
            throw S3Error.NotImplemented("A condition on a key that ends with a slash").Thrown();
        if (await FindAsync(files, records, key, cancellationToken).ConfigureAwait(false) is not { } found)
            return null;
        bool holds = (demand.Tag is null || demand.Tag.AsSpan().Trim() is "*" || EntityTags.Names(Quoted(demand.Tag)!, $"\"{found.ETag}\"", weakly: false))
            && (demand.Size is null || (long.TryParse(demand.Size, NumberStyles.None, CultureInfo.InvariantCulture, out long size) && size == found.Length))
            && (demand.LastModified is null || (DateTimeOffset.TryParse(demand.LastModified, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                && time.ToUnixTimeSeconds() == found.Status.LastModified.ToUnixTimeSeconds()));
        return holds ? found.Status : throw S3Error.PreconditionFailed("If-Match").Thrown();
    }

    private static async ValueTask<FoundObject?> FindAsync(CacheFileSystem files, RecordStore records, ObjectKey key, CancellationToken cancellationToken)
    {
        FileStatus? now = await files.AskStatusAsync(key.Path, cancellationToken).ConfigureAwait(false);
        return now is null || now.IsDirectory != key.IsDirectory ? null : await FoundObject.OfAsync(files, records, key, now, cancellationToken, toChange: true).ConfigureAwait(false);
    }
}
