using Microsoft.AspNetCore.Http;

namespace Orleans.Cache.Gateway.S3.Errors;

/// <summary>An error as S3 names it: its code, AWS's status for it, and a message that names value and remedy.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">AWS's code, which clients compare.</param>
/// <param name="Message">For people; no secret.</param>
internal sealed record S3Error(int Status, string Code, string Message)
{
    /// <summary>Further elements of the answer, which some clients read (Region of a wrong region, BucketName ...).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Details { get; init; } = [];

    public S3Exception Thrown() => new(this);

    public static S3Error AccessDenied(string message) => new(StatusCodes.Status403Forbidden, "AccessDenied", message);

    public static S3Error InvalidArgument(string message) => new(StatusCodes.Status400BadRequest, "InvalidArgument", message);

    public static S3Error InvalidRequest(string message) => new(StatusCodes.Status400BadRequest, "InvalidRequest", message);

    public static S3Error MalformedXml(string message) => new(StatusCodes.Status400BadRequest, "MalformedXML", message);

    public static S3Error NotImplemented(string what) => new(StatusCodes.Status501NotImplemented, "NotImplemented", $"{what} is not implemented here; docs/S3.md lists what is.");

    public static S3Error NoSuchBucket(string bucket) =>
        new(StatusCodes.Status404NotFound, "NoSuchBucket", $"There is no bucket '{bucket}': buckets are the directories directly below '/' and those that --s3-bucket names.")
        {
            Details = [new("BucketName", bucket)],
        };

    public static S3Error NoSuchKey(string key) => new(StatusCodes.Status404NotFound, "NoSuchKey", "The key does not exist.") { Details = [new("Key", key)] };

    public static S3Error NoSuchUpload(string id) =>
        new(StatusCodes.Status404NotFound, "NoSuchUpload", "There is no such upload: it was never begun, or is completed or aborted.") { Details = [new("UploadId", id)] };

    public static S3Error PreconditionFailed(string condition) =>
        new(StatusCodes.Status412PreconditionFailed, "PreconditionFailed", "A condition of the request does not hold for the object that is there.") { Details = [new("Condition", condition)] };

    public static S3Error BadDigest(string message) => new(StatusCodes.Status400BadRequest, "BadDigest", message);

    public static S3Error IncompleteBody(string message) => new(StatusCodes.Status400BadRequest, "IncompleteBody", message);

    public static S3Error InvalidRange(string message) => new(StatusCodes.Status416RangeNotSatisfiable, "InvalidRange", message);
}

/// <summary>Ends a request with an S3 error. Does not leave this front-end.</summary>
internal sealed class S3Exception(S3Error error) : Exception(error.Message)
{
    public S3Error Error { get; } = error;
}
