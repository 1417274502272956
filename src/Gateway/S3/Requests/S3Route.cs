using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Errors;

namespace Orleans.Cache.Gateway.S3.Requests;

/// <summary>The operations that are there, named as AWS names them.</summary>
internal enum S3Operation
{
    ListBuckets,
    HeadBucket,
    CreateBucket,
    DeleteBucket,
    GetBucketLocation,
    GetBucketVersioning,
    GetBucketAcl,
    GetBucketCors,
    ListObjects,
    ListObjectsV2,
    ListObjectVersions,
    ListMultipartUploads,
    DeleteObjects,
    GetObject,
    HeadObject,
    PutObject,
    CopyObject,
    DeleteObject,
    GetObjectTagging,
    PutObjectTagging,
    DeleteObjectTagging,
    GetObjectAttributes,
    GetObjectAcl,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListParts,
}

/// <summary>Which operation a request is: by its method, by whether it names bucket and key, and by the query's sub-resource. Pure.</summary>
internal static class S3Route
{
    /// <summary>Sub-resources of S3 that no operation here has. Others in a query mean nothing and are passed over, as S3 does.</summary>
    private static readonly FrozenSet<string> Unknown = new[]
    {
        "accelerate", "analytics", "encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "logging", "metadataConfiguration", "metadataTable", "metrics",
        "notification", "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication", "requestPayment", "restore", "retention",
        "select", "session", "torrent", "website",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <exception cref="S3Exception">NotImplemented, MethodNotAllowed.</exception>
    public static S3Operation Of(S3Request request)
    {
        S3Query query = request.Query;
        for (int i = 0; i < query.Values.Count; i++)
        {
            if (Unknown.Contains(query.Values[i].Key))
                throw S3Error.NotImplemented($"The sub-resource '{query.Values[i].Key}'").Thrown();
        }
        string method = request.Context.Request.Method;
        S3Operation? found = request.Bucket.Length == 0 ? OfService(method)
            : request.Key.Length == 0 ? OfBucket(method, query)
            : OfObject(method, query, request.Headers.ContainsKey(S3Headers.CopySource));
        return found ?? throw (method is "GET" or "HEAD" or "PUT" or "POST" or "DELETE"
            ? S3Error.NotImplemented($"{method} of this resource")
            : new S3Error(StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed", $"The method '{method}' is not allowed against this resource.")).Thrown();
    }

    private static S3Operation? OfService(string method) => method == "GET" ? S3Operation.ListBuckets : null;

    private static S3Operation? OfBucket(string method, S3Query query) => method switch
    {
        "HEAD" => S3Operation.HeadBucket,
        "PUT" => HasAny(query, "acl", "cors", "tagging", "versioning") ? null : S3Operation.CreateBucket,
        "DELETE" => HasAny(query, "cors", "tagging") ? null : S3Operation.DeleteBucket,
        "POST" => query.Has("delete") ? S3Operation.DeleteObjects : null,
        "GET" when query.Has("location") => S3Operation.GetBucketLocation,
        "GET" when query.Has("versioning") => S3Operation.GetBucketVersioning,
        "GET" when query.Has("acl") => S3Operation.GetBucketAcl,
        "GET" when query.Has("cors") => S3Operation.GetBucketCors,
        "GET" when query.Has("uploads") => S3Operation.ListMultipartUploads,
        "GET" when query.Has("versions") => S3Operation.ListObjectVersions,
        "GET" when query.Has("tagging") => null,
        "GET" => query.Get("list-type") == "2" ? S3Operation.ListObjectsV2 : S3Operation.ListObjects,
        _ => null,
    };

    private static S3Operation? OfObject(string method, S3Query query, bool copies) => method switch
    {
        "GET" when query.Has("uploadId") => S3Operation.ListParts,
        "GET" when query.Has("tagging") => S3Operation.GetObjectTagging,
        "GET" when query.Has("attributes") => S3Operation.GetObjectAttributes,
        "GET" when query.Has("acl") => S3Operation.GetObjectAcl,
        "GET" => S3Operation.GetObject,
        "HEAD" => S3Operation.HeadObject,
        "PUT" when query.Has("uploadId") => copies ? S3Operation.UploadPartCopy : S3Operation.UploadPart,
        "PUT" when query.Has("tagging") => S3Operation.PutObjectTagging,
        "PUT" when query.Has("acl") => null,
        "PUT" when query.Has("partNumber") => throw S3Error.InvalidArgument("partNumber without uploadId; a part belongs to an upload.").Thrown(),
        "PUT" => copies ? S3Operation.CopyObject : S3Operation.PutObject,
        "DELETE" when query.Has("uploadId") => S3Operation.AbortMultipartUpload,
        "DELETE" when query.Has("tagging") => S3Operation.DeleteObjectTagging,
        "DELETE" => S3Operation.DeleteObject,
        "POST" when query.Has("uploadId") => S3Operation.CompleteMultipartUpload,
        "POST" when query.Has("uploads") => S3Operation.CreateMultipartUpload,
        _ => null,
    };

    private static bool HasAny(S3Query query, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (query.Has(name))
                return true;
        }
        return false;
    }
}
