using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>What an operation needs its caller to be allowed. Pure.</summary>
internal static class Permissions
{
    public static bool IsWrite(S3Operation operation) => operation is S3Operation.CreateBucket or S3Operation.DeleteBucket or S3Operation.DeleteObjects or S3Operation.PutObject
        or S3Operation.CopyObject or S3Operation.DeleteObject or S3Operation.PutObjectTagging or S3Operation.DeleteObjectTagging or S3Operation.CreateMultipartUpload
        or S3Operation.UploadPart or S3Operation.UploadPartCopy or S3Operation.CompleteMultipartUpload or S3Operation.AbortMultipartUpload;

    /// <exception cref="S3Exception">AccessDenied.</exception>
    public static void Require(S3Request request, S3Operation operation)
    {
        if (!IsAllowed(request, operation))
            throw S3Error.AccessDenied(request.Caller.Name.Length == 0 ? "Anonymous requests may not do this; sign with an access key." : "The access key may not do this.").Thrown();
    }

    private static bool IsAllowed(S3Request request, S3Operation operation)
    {
        Caller caller = request.Caller;
        return operation switch
        {
            // Each is told of the buckets that it knows.
            S3Operation.ListBuckets => caller.Reads.Count + caller.Writes.Count > 0,
            S3Operation.HeadBucket or S3Operation.GetBucketLocation or S3Operation.GetBucketVersioning or S3Operation.GetBucketAcl or S3Operation.GetBucketCors => caller.Knows(request.Bucket),
            // Key by key, later.
            S3Operation.DeleteObjects => caller.Knows(request.Bucket),
            S3Operation.ListObjects or S3Operation.ListObjectsV2 or S3Operation.ListObjectVersions => caller.MayRead(request.Bucket, request.Query.Get("prefix") ?? ""),
            S3Operation.ListMultipartUploads => caller.MayWrite(request.Bucket, request.Query.Get("prefix") ?? ""),
            S3Operation.ListParts => caller.MayWrite(request.Bucket, request.Key),
            _ => IsWrite(operation) ? caller.MayWrite(request.Bucket, request.Key) : caller.MayRead(request.Bucket, request.Key),
        };
    }
}
