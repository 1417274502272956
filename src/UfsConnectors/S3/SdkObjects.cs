using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>Requests for objects that the SDK writes: where they need more than a signature of version 4, and where its checksums or signed chunks are wanted.</summary>
internal sealed class SdkObjects(IAmazonS3 client, S3Options options) : IS3Objects
{
    private RequestPayer? Payer => options.RequesterPays ? RequestPayer.Requester : null;

    public async Task<ObjectStatus> HeadAsync(string name, CancellationToken cancellationToken)
    {
        GetObjectMetadataResponse answer = await client.GetObjectMetadataAsync(
            new GetObjectMetadataRequest { BucketName = options.Bucket, Key = name, RequestPayer = Payer }, cancellationToken).ConfigureAwait(false);
        return new ObjectStatus(name, answer.ContentLength, TimeOf(answer.LastModified), ObjectVersions.Of(answer.ETag)) { Attributes = S3Attributes.Of(answer) };
    }

    public async Task<ObjectBody> GetAsync(string name, string? ifMatch, long offset, long length, bool isDescribed, CancellationToken cancellationToken)
    {
        GetObjectResponse answer = await client.GetObjectAsync(
            new GetObjectRequest { BucketName = options.Bucket, Key = name, ByteRange = new ByteRange(offset, offset + length - 1), EtagToMatch = ifMatch, RequestPayer = Payer },
            cancellationToken).ConfigureAwait(false);
        return ObjectBody.Of(
            answer,
            answer.ResponseStream,
            answer.ETag,
            answer.ContentRange,
            answer.ContentLength,
            isDescribed ? (version, all) => new ObjectStatus(name, all, TimeOf(answer.LastModified), version) { Attributes = S3Attributes.Of(answer) } : null);
    }

    public async Task<string?> PutAsync(
        string name, ReadOnlyMemory<byte> content, S3Condition condition, UfsAttributes? attributes, string? sha256, CancellationToken cancellationToken)
    {
        using Stream body = ContentStream.Of(content);
        var request = new PutObjectRequest
        {
            BucketName = options.Bucket,
            Key = name,
            InputStream = body,
            AutoCloseStream = false,
            UseChunkEncoding = options.ChunkEncoding,
            RequestPayer = Payer,
            ServerSideEncryptionMethod = options.Encryption,
            ServerSideEncryptionKeyManagementServiceKeyId = options.KmsKey,
            IfNoneMatch = condition.IfNoneMatch,
            IfMatch = condition.IfMatch,
        };
        S3Attributes.Set(attributes, request.Headers, request.Metadata);
        // The SDK takes one that is there already, and makes none.
        if (sha256 is not null && !options.ChunkEncoding)
            request.Headers["x-amz-content-sha256"] = sha256;
        return (await client.PutObjectAsync(request, cancellationToken).ConfigureAwait(false)).ETag;
    }

    public async Task<string?> PutPartAsync(string name, string upload, int number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using Stream body = ContentStream.Of(content);
        UploadPartResponse answer = await client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = options.Bucket,
                Key = name,
                UploadId = upload,
                PartNumber = number,
                PartSize = content.Length,
                InputStream = body,
                UseChunkEncoding = options.ChunkEncoding,
                RequestPayer = Payer,
            },
            cancellationToken).ConfigureAwait(false);
        return answer.ETag;
    }

    private static DateTimeOffset TimeOf(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : DateTimeOffset.UnixEpoch;
}
