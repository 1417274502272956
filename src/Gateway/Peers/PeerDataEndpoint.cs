using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Gateway.Peers;

/// <summary>
/// GET of bytes of one version, named by all that this node needs to read it. Served here, whoever owns it: who asks has computed
/// that this node should answer, and its ring may be newer than ours.
/// </summary>
internal sealed class PeerDataEndpoint(ICacheNode local, IPageStore store, CacheFileSystem files, CacheCounters counters, RestLimits limits, ClusterEndpoint cluster)
{
    private readonly LocalNodeDirectory _here = new(local);
    private readonly StoredPages _stored = new(local.Name, local.PageSize, store);

    public async Task HandleAsync(HttpContext context)
    {
        FileRef file = FileOf(context.Request);
        var status = new FileStatus(CachePath.Root.Combine(file.Key), DateTimeOffset.UnixEpoch, file);
        ByteRange range = RangeOf(context.Request, file);
        bool cachedOnly = QueryValues.Text(context.Request.QueryString, "cached") == "only";
        if (cachedOnly && !_stored.HasAll(file, range.Start, range.Length))
            throw new CacheException(CacheError.NotFound, $"Not all of bytes {range.Start}-{range.Start + range.Length - 1} of '{file.Key}' are cached on node '{local.Name}'.");
        counters.PeerReads.Increment();

        HttpResponse response = context.Response;
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentLength = range.Length;
        response.ContentType = FileHeaders.DefaultContentType;
        response.Headers[PeerRoutes.RingHeader] = cluster.RingFingerprint;
        response.Headers[HeaderNames.ContentRange] = range.ContentRange(file.Length);
        if (range.Length > 0)
            await new FileBody(context, cachedOnly ? _stored.Open(status) : new CacheFile(status, _here)).SendAsync(range).ConfigureAwait(false);
    }

    /// <summary>
    /// The file that a request names, of a storage that is mounted here. The key is checked by its connector; the version and the length
    /// by the source, when it is read.
    /// </summary>
    /// <exception cref="CacheException">InvalidArgument, InvalidPath, NotFound.</exception>
    internal FileRef FileOf(HttpRequest request)
    {
        FileRef file = FileRefQuery.Read(name => QueryValues.Text(request.QueryString, name), local.PageSize);
        files.Mounts.StorageOf(file.Identity);
        return file;
    }

    private ByteRange RangeOf(HttpRequest request, FileRef file)
    {
        string? header = request.Headers.Range;
        if (header is null)
            return new ByteRange(0, file.Length);
        RangeRequest range = RangeRequest.Parse(header, file.Length, limits.MaxRanges);
        return range.Single ?? throw new CacheException(CacheError.InvalidArgument, range.Refusal ?? $"'{header}' is not one range of bytes.");
    }
}
