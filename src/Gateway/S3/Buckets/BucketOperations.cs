using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.S3.Bodies;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;

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

    /// <summary>Never on: objects have one version.</summary>
    public async Task VersioningAsync(S3Request request)
    {
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        await XmlAnswer.WriteAsync(request.Context, "VersioningConfiguration", _ => { }).ConfigureAwait(false);
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
        ObjectHeaders.RefuseWhatCannotBe(request);
        if (string.Equals(request.Header(S3Headers.BucketObjectLock), "true", StringComparison.OrdinalIgnoreCase))
            throw S3Error.NotImplemented(S3Headers.BucketObjectLock).Thrown();
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

    /// <summary>
    /// Empty is a bucket without objects: directories without files, and what the node keeps aside, go with it. The listing may be as old as the
    /// mount believes, so nothing that may hold an object is deleted with what it holds: directories go one by one, the deepest first, and one that has something keeps the bucket.
    /// </summary>
    public async Task DeleteAsync(S3Request request)
    {
        CachePath root = request.Root.Path, aside = root.Combine(BucketRoot.Aside);
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        if (files.Mounts.LeadsToMount(root) || (files.Mounts.TryResolve(root, out MountedKey at) && at.Key.Length == 0))
            throw S3Error.AccessDenied("The bucket is a mount of this node, or leads to one; it goes with its mount.").Thrown();
        var directories = new Stack<CachePath>();
        await foreach (FileStatus entry in files.ListAsync(root, recursive: true, null, request.Aborted).ConfigureAwait(false))
        {
            if (entry.Path.IsWithin(aside))
                continue;
            if (!entry.IsDirectory)
                throw NotEmpty(request);
            directories.Push(entry.Path);
        }
        while (directories.TryPop(out CachePath directory))
            await DeleteEmptyAsync(request, directory, recursive: false).ConfigureAwait(false);
        await DeleteEmptyAsync(request, aside, recursive: true).ConfigureAwait(false);
        await DeleteEmptyAsync(request, root, recursive: false).ConfigureAwait(false);
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>In object stores a directory is gone with its last file.</summary>
    private async Task DeleteEmptyAsync(S3Request request, CachePath directory, bool recursive)
    {
        try
        {
            await files.DeleteAsync(directory, recursive, request.Aborted).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NotFound)
        {
        }
        catch (CacheException e) when (e.Error == CacheError.NotEmpty)
        {
            throw NotEmpty(request);
        }
    }

    private static S3Exception NotEmpty(S3Request request) => new S3Error(
        StatusCodes.Status409Conflict, "BucketNotEmpty", "The bucket you tried to delete is not empty.")
    { Details = [new("BucketName", request.Bucket)] }.Thrown();

    /// <summary>What may be configured is the region, and it must be ours.</summary>
    private async Task ReadConfigurationAsync(S3Request request)
    {
        if (request.Context.Request.ContentLength is null or 0 && !request.Payload.IsChunked)
            return;
        RequestBody body = RequestBody.Open(request, limits, time);
        await using (body.ConfigureAwait(false))
        {
            XElement document = await XmlBody.ReadAsync(body, S3Limits.MaxDocumentBytes, "CreateBucketConfiguration", request.Aborted).ConfigureAwait(false);
            if (document.Elements().FirstOrDefault(e => e.Name.LocalName != "LocationConstraint") is { } other)
                throw S3Error.NotImplemented($"'{other.Name.LocalName}' of a bucket").Thrown();
            if (document.Text("LocationConstraint") is { Length: > 0 } region && region != options.Region)
                throw new S3Error(StatusCodes.Status400BadRequest, "IllegalLocationConstraintException", $"The location constraint '{region}' is not this node's region, '{options.Region}'.").Thrown();
        }
    }
}
