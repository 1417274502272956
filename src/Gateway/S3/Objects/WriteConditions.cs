using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>What a write demands of the object that is there, in the engine's terms: a tag becomes the version that has it.</summary>
internal static class WriteConditions
{
    /// <summary>Tags are sent without their quotes by some clients.</summary>
    public static string? Quoted(string? tags) => tags is null || tags.Contains('"') || tags.AsSpan().Trim() is "*" ? tags : $"\"{tags.Trim()}\"";

    /// <exception cref="S3Exception">PreconditionFailed, NoSuchKey; NotImplemented: a condition that a write cannot have.</exception>
    public static async ValueTask<WriteCondition> ReadAsync(S3Request request, CacheFileSystem files, RecordStore records, ObjectKey key)
    {
        string? ifMatch = request.Header("If-Match"), ifNoneMatch = request.Header("If-None-Match");
        if (ifNoneMatch is not null)
        {
            return ifMatch is null && ifNoneMatch.AsSpan().Trim() is "*"
                ? WriteCondition.IfAbsent
                : throw S3Error.NotImplemented("A write with If-None-Match of a tag, or with both conditions,").Thrown();
        }
        if (ifMatch is null)
            return WriteCondition.None;
        FoundObject found = await FoundObject.TryFindAsync(files, records, key, request.Aborted).ConfigureAwait(false) ?? throw S3Error.NoSuchKey(key.Key).Thrown();
        if (found.Status.IsDirectory || ifMatch.AsSpan().Trim() is "*")
            return WriteCondition.IfPresent;
        return EntityTags.Names(Quoted(ifMatch)!, $"\"{found.ETag}\"", weakly: false)
            ? WriteCondition.IfVersion(found.Status.RequireFile().Version)
            : throw S3Error.PreconditionFailed("If-Match").Thrown();
    }
}
