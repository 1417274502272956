using System.Net;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Writing;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>How a change ended. Clients look at the HTTP status, some at this too.</summary>
internal sealed record AlluxioOutcome(bool Success, string Message);

/// <summary>
/// Changes: they go through to the under storage, of mounts that are writable. A chunk upload is a whole file and replaces what is there.
/// </summary>
internal sealed class AlluxioChanges(CacheFileSystem files, AlluxioPaths paths, RewriteGuard guard, RestLimits limits, TimeProvider time)
{
    private static readonly AlluxioOutcome Done = new(true, "");

    public async Task<AlluxioOutcome> UploadAsync(HttpContext context, string id)
    {
        AlluxioPath file = Target(context, id);
        IPAddress? client = context.Connection.RemoteIpAddress;
        guard.Check(client, file.Path);
        WriteCondition condition = WriteHeaders.ConditionOf(context.Request.Headers);
        FileWriteEndpoint.LiftBodyLimits(context);
        var content = new UploadStream(context.Request.Body, limits.StallTimeout, time);
        await using (content.ConfigureAwait(false))
        {
            FileStatus written = await files.CreateAsync(file.Path, content, condition, context.RequestAborted).ConfigureAwait(false);
            guard.Wrote(client, file.Path, written.Length);
        }
        return Done;
    }

    /// <summary>
    /// Refused: nothing in the protocol says which page is a file's last one. A file whose length is a multiple of the page size would
    /// never be complete, and committing after each page would show everybody half a file.
    /// </summary>
    /// <exception cref="CacheException">NotSupported, always.</exception>
    public static AlluxioOutcome RefusePage(string id, string page) => throw new CacheException(CacheError.NotSupported,
        $"Page {page} of {id} cannot be written: this protocol does not say which page is the last, so the file could never be whole. POST all of it to /v1/chunk/{id} instead "
        + "(write_chunked in the Python client).");

    public async Task<AlluxioOutcome> MakeDirectoryAsync(HttpContext context, string id)
    {
        await files.CreateDirectoryAsync(Changed(context, Target(context, id)), context.RequestAborted).ConfigureAwait(false);
        return Done;
    }

    /// <summary>Makes an empty file where nothing is. What is there stays as it is: no client that touches a file means to empty it.</summary>
    public async Task<AlluxioOutcome> TouchAsync(HttpContext context, string id)
    {
        CachePath path = Changed(context, Target(context, id));
        try
        {
            await files.CreateAsync(path, Stream.Null, WriteCondition.IfAbsent, context.RequestAborted).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error is CacheError.ConditionFailed or CacheError.IsDirectory or CacheError.AlreadyExists)
        {
            return new AlluxioOutcome(true, $"'{path}' exists.");
        }
        return Done;
    }

    public async Task<AlluxioOutcome> MoveAsync(HttpContext context, string id)
    {
        (CachePath from, CachePath to) = FromTo(context, id);
        await files.RenameAsync(from, to, context.RequestAborted).ConfigureAwait(false);
        return Done;
    }

    public async Task<AlluxioOutcome> CopyAsync(HttpContext context, string id)
    {
        (CachePath from, CachePath to) = FromTo(context, id);
        CopiedFiles copied = await files.CopyAsync(from, to, IsRecursive(new AlluxioQuery(context.Request)), context.RequestAborted).ConfigureAwait(false);
        return new AlluxioOutcome(true, $"{copied.Files} files, {copied.Bytes} bytes.");
    }

    /// <summary>Deletes, or, where only the cache is meant, frees: that needs no writable mount and takes nothing from anybody.</summary>
    public async Task<AlluxioOutcome> RemoveAsync(HttpContext context, string id)
    {
        CachePath path = Changed(context, Target(context, id));
        var query = new AlluxioQuery(context.Request);
        if (query.Flag("remove_alluxio_only"))
            await files.FreeAsync(path, IsRecursive(query), context.RequestAborted).ConfigureAwait(false);
        else
            await files.DeleteAsync(path, IsRecursive(query), context.RequestAborted).ConfigureAwait(false);
        return Done;
    }

    private static bool IsRecursive(in AlluxioQuery query) => query.Flag("recursive") || query.Flag("recursiveAlias");

    private AlluxioPath Target(HttpContext context, string id) =>
        paths.Resolve(PathId.Parse(id), new AlluxioQuery(context.Request), AlluxioGateway.PathParameter);

    /// <summary>The id is the source's.</summary>
    private (CachePath From, CachePath To) FromTo(HttpContext context, string id)
    {
        var query = new AlluxioQuery(context.Request);
        AlluxioPath from = paths.Resolve(PathId.Parse(id), query, "srcPath");
        return (Changed(context, from), Changed(context, paths.Required(query, "dstPath")));
    }

    private CachePath Changed(HttpContext context, AlluxioPath path)
    {
        guard.Forget(context.Connection.RemoteIpAddress, path.Path);
        return path.Path;
    }
}
