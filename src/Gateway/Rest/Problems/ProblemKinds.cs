using Microsoft.AspNetCore.Http;

namespace Orleans.Cache.Gateway.Rest.Problems;

/// <summary>The one place that says which HTTP status an error of the engine is.</summary>
internal static class ProblemKinds
{
    /// <summary>Fill buffers free themselves within a second or so.</summary>
    private const int OverloadedRetrySeconds = 1;

    /// <summary>An under storage that fails seldom recovers faster.</summary>
    private const int UnavailableRetrySeconds = 5;

    public static Problem Of(CacheException e) => e.Error switch
    {
        CacheError.NotFound => new(StatusCodes.Status404NotFound, "not-found", e.Message),
        CacheError.InvalidPath => new(StatusCodes.Status400BadRequest, "invalid-path", e.Message),
        CacheError.InvalidArgument => new(StatusCodes.Status400BadRequest, "invalid-argument", e.Message),
        CacheError.IsDirectory => new(StatusCodes.Status409Conflict, "is-directory", e.Message),
        CacheError.NotADirectory => new(StatusCodes.Status409Conflict, "not-a-directory", e.Message),
        CacheError.AccessDenied => new(StatusCodes.Status403Forbidden, "access-denied", e.Message),
        CacheError.Changed => new(StatusCodes.Status409Conflict, "changed", e.Message),
        CacheError.AlreadyExists => new(StatusCodes.Status409Conflict, "already-exists", e.Message),
        CacheError.NotEmpty => new(StatusCodes.Status409Conflict, "not-empty", e.Message),
        CacheError.ReadOnly => new(StatusCodes.Status403Forbidden, "read-only", e.Message),
        CacheError.ConditionFailed => new(StatusCodes.Status412PreconditionFailed, "precondition-failed", e.Message),
        CacheError.NoSpace => new(StatusCodes.Status507InsufficientStorage, "no-space", e.Message),
        CacheError.NotSupported => new(StatusCodes.Status501NotImplemented, "not-supported", e.Message),
        CacheError.Overloaded => new(StatusCodes.Status503ServiceUnavailable, "overloaded", e.Message) { RetryAfter = OverloadedRetrySeconds },
        CacheError.Unavailable => new(StatusCodes.Status503ServiceUnavailable, "unavailable", e.Message) { RetryAfter = UnavailableRetrySeconds },
        CacheError.NodeUnreachable => new(StatusCodes.Status503ServiceUnavailable, "node-unreachable", e.Message) { RetryAfter = OverloadedRetrySeconds },
        _ => Internal(),
    };

    /// <summary>A request that the server or the framework refused.</summary>
    public static Problem Of(BadHttpRequestException e) => new(e.StatusCode, "bad-request", e.Message);

    /// <summary>A status that routing or the framework set without a body.</summary>
    public static Problem Of(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new(StatusCodes.Status404NotFound, "no-such-route", "There is no such route; GET / names the routes of this node."),
        StatusCodes.Status405MethodNotAllowed => new(StatusCodes.Status405MethodNotAllowed, "method-not-allowed",
            $"{context.Request.Method} is not a method of this route; the Allow header names those that are."),
        int status => new(status, "refused", "The request was refused; GET / names the routes of this node."),
    };

    /// <summary>Something unforeseen: the log has the details, the answer has none.</summary>
    public static Problem Internal() =>
        new(StatusCodes.Status500InternalServerError, "internal", "The node failed in a way it did not foresee; its log says how.");
}
