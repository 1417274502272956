using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Cors;
using Orleans.Cache.Gateway.S3.Listing;
using Orleans.Cache.Gateway.S3.Multipart;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Tagging;

namespace Orleans.Cache.Gateway.S3;

/// <summary>Which code carries an operation out.</summary>
internal sealed class S3Operations(
    BucketOperations buckets, ListObjects listings, ReadObject reads, PutObject puts, CopyObject copies, DeleteObjects deletes, DescribeObject descriptions,
    TaggingOperations tags, UploadOperations uploads, UploadPart parts, CompleteUpload completions, CorsRules cors)
{
    public Task RunAsync(S3Operation operation, S3Request request) => operation switch
    {
        S3Operation.GetObject or S3Operation.HeadObject => reads.HandleAsync(request),
        S3Operation.PutObject => puts.HandleAsync(request),
        S3Operation.CopyObject => copies.HandleAsync(request),
        S3Operation.DeleteObject => deletes.DeleteOneAsync(request),
        S3Operation.DeleteObjects => deletes.DeleteManyAsync(request),
        S3Operation.ListObjects => listings.Version1Async(request),
        S3Operation.ListObjectsV2 => listings.Version2Async(request),
        S3Operation.ListObjectVersions => listings.VersionsAsync(request),
        S3Operation.ListBuckets => buckets.ListAsync(request),
        S3Operation.HeadBucket => buckets.HeadAsync(request),
        S3Operation.CreateBucket => buckets.CreateAsync(request),
        S3Operation.DeleteBucket => buckets.DeleteAsync(request),
        S3Operation.GetBucketLocation => buckets.LocationAsync(request),
        S3Operation.GetBucketVersioning => buckets.VersioningAsync(request),
        S3Operation.GetBucketCors => cors.DescribeAsync(request),
        S3Operation.GetBucketAcl or S3Operation.GetObjectAcl => descriptions.AclAsync(request),
        S3Operation.GetObjectAttributes => descriptions.AttributesAsync(request),
        S3Operation.GetObjectTagging => tags.GetAsync(request),
        S3Operation.PutObjectTagging => tags.PutAsync(request),
        S3Operation.DeleteObjectTagging => tags.DeleteAsync(request),
        S3Operation.CreateMultipartUpload => uploads.CreateAsync(request),
        S3Operation.AbortMultipartUpload => uploads.AbortAsync(request),
        S3Operation.ListParts => uploads.ListPartsAsync(request),
        S3Operation.ListMultipartUploads => uploads.ListUploadsAsync(request),
        S3Operation.UploadPart => parts.HandleAsync(request),
        S3Operation.UploadPartCopy => parts.CopyAsync(request),
        S3Operation.CompleteMultipartUpload => completions.HandleAsync(request),
        _ => throw new System.Diagnostics.UnreachableException(operation.ToString()),
    };
}
