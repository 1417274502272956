using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.S3.Bodies;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Buckets;

/// <summary>Requests about buckets themselves.</summary>
internal sealed class BucketOperations(CacheFileSystem files, BucketTable buckets, S3Options options, RestLimits limits, TimeProvider time)
{
    public async Task ListAsync(S3Request request)
    {
        IReadOnlyList<(string Name, DateTimeOffset Created)> all = await buckets.ListAsync(request.Aborted).ConfigureAwait(false);
        string prefix = request.Query.Get("prefix") ?? "";
        await XmlAnswer.WriteAsync(request.Context, "ListAllMyBucketsResult", xml =>
        {
            xml.Owner();
            xml.Element("Buckets", list =>
            {
                foreach ((string name, DateTimeOffset created) in all.Where(b => request.Caller.Knows(b.Name) && b.Name.StartsWith(prefix, StringComparison.Ordinal)))
                {
                    list.Element("Bucket", bucket =>
                    {
                        bucket.Text("Name", name);
                        bucket.Time("CreationDate", created);
                    });
                }
            });
        }).ConfigureAwait(false);
    }

    public async Task HeadAsync(S3Request request)
    {
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        request.Response.Headers[S3Headers.BucketRegion] = options.Region;
    }

    /// <summary>AWS leaves its first region out.</summary>
    public async Task LocationAsync(S3Request request)
    {
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        using MemoryStream document = XmlAnswer.Document("LocationConstraint", plain: false, xml =>
        {
            if (options.Region != S3Options.DefaultRegion)
                xml.Value(options.Region);
        });
        request.Response.ContentType = "application/xml";
        await request.Response.Body.WriteAsync(document.ToArray(), request.Aborted).ConfigureAwait(false);
    }

    public async Task CreateAsync(S3Request request)
    {
        await ReadConfigurationAsync(request).ConfigureAwait(false);
        if (await buckets.ExistsAsync(request.Root, request.Aborted).ConfigureAwait(false))
            throw new S3Error(StatusCodes.Status409Conflict, "BucketAlreadyOwnedByYou", "The bucket exists already.") { Details = [new("BucketName", request.Bucket)] }.Thrown();
        try
        {
            await files.CreateDirectoryAsync(request.Root.Path, request.Aborted).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NotFound)
        {
            throw S3Error.AccessDenied("A bucket is made as a directory of the mount at '/', and there is none; mount a storage as bucket with --mount /NAME=URI.").Thrown();
        }
        request.Response.Headers.Location = "/" + request.Bucket;
    }

    /// <summary>Empty is a bucket without objects: directories without files, and what the node keeps aside, go with it.</summary>
    public async Task DeleteAsync(S3Request request)
    {
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        await foreach (FileStatus entry in files.ListAsync(request.Root.Path, recursive: true, null, request.Aborted).ConfigureAwait(false))
        {
            if (!entry.IsDirectory && !entry.Path.IsWithin(request.Root.Path.Combine(BucketRoot.Aside)))
                throw new S3Error(StatusCodes.Status409Conflict, "BucketNotEmpty", "The bucket you tried to delete is not empty.") { Details = [new("BucketName", request.Bucket)] }.Thrown();
        }
        try
        {
            await files.DeleteAsync(request.Root.Path, recursive: true, request.Aborted).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.InvalidArgument)
        {
            throw S3Error.AccessDenied("The bucket is a mount of this node; it goes with its --mount.").Thrown();
        }
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>What may be configured is the region, and it must be ours.</summary>
    private async Task ReadConfigurationAsync(S3Request request)
    {
        if (request.Context.Request.ContentLength is null or 0 && !request.Payload.IsChunked)
            return;
        RequestBody body = RequestBody.Open(request, limits, time);
        await using (body.ConfigureAwait(false))
        {
            XElement document = await XmlBody.ReadAsync(body, S3Limits.MaxDocumentBytes, "CreateBucketConfiguration", request.Aborted).ConfigureAwait(false);
            if (document.Text("LocationConstraint") is { Length: > 0 } region && region != options.Region)
                throw new S3Error(StatusCodes.Status400BadRequest, "IllegalLocationConstraintException", $"The location constraint '{region}' is not this node's region, '{options.Region}'.").Thrown();
        }
    }
}
