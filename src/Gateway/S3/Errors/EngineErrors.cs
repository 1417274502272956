using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3.Errors;

/// <summary>The one place that says which S3 error a failure of the engine is.</summary>
internal static class EngineErrors
{
    public static S3Error Of(CacheException e, S3Request request) => e.Error switch
    {
        CacheError.NotFound => Missing(request),
        CacheError.IsDirectory or CacheError.NotADirectory => request.IsWrite ? Occupied(e) : Missing(request),
        CacheError.InvalidPath or CacheError.InvalidArgument => S3Error.InvalidArgument(e.Message),
        CacheError.AccessDenied or CacheError.ReadOnly => S3Error.AccessDenied(e.Message),
        CacheError.ConditionFailed => S3Error.PreconditionFailed("If-Match or If-None-Match"),
        CacheError.AlreadyExists => new(StatusCodes.Status409Conflict, "OperationAborted", e.Message),
        CacheError.NotEmpty => new(StatusCodes.Status409Conflict, "BucketNotEmpty", e.Message),
        CacheError.NoSpace => new(StatusCodes.Status507InsufficientStorage, "InsufficientStorageCapacity", e.Message),
        CacheError.NotSupported => new(StatusCodes.Status501NotImplemented, "NotImplemented", e.Message),
        // To be tried again, which every client does for these two.
        CacheError.Changed or CacheError.Overloaded => new(StatusCodes.Status503ServiceUnavailable, "SlowDown", e.Message),
        CacheError.Unavailable or CacheError.NodeUnreachable => new(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", e.Message),
        _ => Internal(),
    };

    /// <summary>A request that the server refused while it read it.</summary>
    public static S3Error Of(BadHttpRequestException e) => e.StatusCode == StatusCodes.Status408RequestTimeout
        ? new(StatusCodes.Status400BadRequest, "RequestTimeout", e.Message)
        : S3Error.IncompleteBody(e.Message);

    public static S3Error Internal() => new(StatusCodes.Status500InternalServerError, "InternalError", "The node failed in a way it did not foresee; its log says how.");

    /// <summary>A write to a bucket that is there finds nothing missing but a directory that a delete took away at the same moment: the client tries again.</summary>
    private static S3Error Missing(S3Request request) => request.IsWrite
        ? new(StatusCodes.Status503ServiceUnavailable, "SlowDown", "A directory of the key was deleted at the same moment; try again.")
        : request.Key.Length > 0 ? S3Error.NoSuchKey(request.Key) : S3Error.NoSuchBucket(request.Bucket);

    /// <summary>Storages with directories cannot hold "a" and "a/b" side by side.</summary>
    private static S3Error Occupied(CacheException e) =>
        S3Error.InvalidRequest($"{e.Message} The storage of this bucket cannot hold an object and objects below its name at the same time; choose another key.");
}
