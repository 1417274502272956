using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.S3.Bodies;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>PutObject. What can be refused is refused before the body is read: a client that expects 100-continue then sends none of it.</summary>
internal sealed class PutObject(CacheFileSystem files, RecordStore records, ObjectWriter writer, BucketTable buckets, RestLimits limits, TimeProvider time)
{
    public async Task HandleAsync(S3Request request)
    {
        ObjectKey key = ObjectKey.ToWrite(request.Root, request.Key);
        ObjectRecord record = ObjectHeaders.Read(request);
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        WriteCondition condition = await WriteConditions.ReadAsync(request, files, records, key).ConfigureAwait(false);
        RequestBody body = RequestBody.Open(request, limits, time);
        await using (body.ConfigureAwait(false))
        {
            if (key.IsDirectory)
            {
                if (condition != WriteCondition.None)
                    throw S3Error.NotImplemented("A condition on a key that ends with a slash").Thrown();
                await PutDirectoryAsync(request, key, body, record).ConfigureAwait(false);
                return;
            }
            if (ETags.AreOfStorage(files, key.Path))
                body.LeaveMd5();
            FoundObject written = await writer.WriteAsync(key, body, condition, Describe, request.Aborted, request.Payload.Sha256).ConfigureAwait(false);
            Answer(request, written.ETag, body);
        }

        ObjectRecord Describe(bool isRead)
        {
            if (isRead)
                return record with { ETag = body.Md5, Checksum = body.Checksum };
            // It goes to the storage in parts, and the storage's tag of those will be the object's.
            body.LeaveMd5();
            return record with { Checksum = body.ClaimedChecksum };
        }
    }

    private async Task PutDirectoryAsync(S3Request request, ObjectKey key, RequestBody body, ObjectRecord record)
    {
        if (await body.ReadAsync(new byte[1], request.Aborted).ConfigureAwait(false) > 0)
            throw S3Error.InvalidArgument("A key that ends with a slash is a directory and holds no bytes; leave the slash out, or the content.").Thrown();
        await writer.WriteDirectoryAsync(key, record, request.Aborted).ConfigureAwait(false);
        Answer(request, body.Md5!, body);
    }

    public static void Answer(S3Request request, string etag, RequestBody body)
    {
        request.Response.Headers.ETag = $"\"{etag}\"";
        if (body.Checksum is not { } sum)
            return;
        request.Response.Headers[sum.Header] = sum.Value;
        request.Response.Headers[S3Headers.ChecksumType] = sum.Type;
    }
}
