using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Peers;

/// <summary>What nodes ask and tell each other beside bytes. Always this node's own knowledge: nothing is forwarded.</summary>
internal sealed class PeerMetadataEndpoints(ICacheNode local, CacheFileSystem files, NodeHealth health, PeerDataEndpoint data, ClusterEndpoint cluster)
{
    private static readonly byte[] NewLine = "\n"u8.ToArray();

    public Task PingAsync(HttpContext context) => AnswerAsync(
        context, JsonSerializer.SerializeToUtf8Bytes(
            new PingMessage(local.Name, health.State.ToString().ToLowerInvariant(), files.Mounts.Fingerprint.ToString("x16", null), cluster.RingFingerprint),
            PeerJson.Default.PingMessage));

    public async Task StatusAsync(HttpContext context)
    {
        StatusAnswer answer = await local.GetStatusAsync(PathOf(context), context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, JsonSerializer.SerializeToUtf8Bytes(StatusAnswerMessage.Of(answer), PeerJson.Default.StatusAnswerMessage)).ConfigureAwait(false);
    }

    /// <summary>The first entry is awaited before anything is sent, so that a directory that is not there is a clear answer.</summary>
    public async Task ListAsync(HttpContext context)
    {
        string? startAfter = QueryValues.Text(context.Request.QueryString, "startAfter");
        IAsyncEnumerator<FileStatus> entries = local.ListAsync(PathOf(context), startAfter, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        await using (entries.ConfigureAwait(false))
        {
            bool any = await entries.MoveNextAsync().ConfigureAwait(false);
            context.Response.Headers[PeerRoutes.RingHeader] = cluster.RingFingerprint;
            context.Response.ContentType = "application/x-ndjson";
            for (; any; any = await entries.MoveNextAsync().ConfigureAwait(false))
            {
                byte[] line = JsonSerializer.SerializeToUtf8Bytes(StatusMessage.Of(entries.Current), PeerJson.Default.StatusMessage);
                await context.Response.BodyWriter.WriteAsync(line, context.RequestAborted).ConfigureAwait(false);
                await context.Response.BodyWriter.WriteAsync(NewLine, context.RequestAborted).ConfigureAwait(false);
            }
        }
    }

    public async Task CachedAsync(HttpContext context)
    {
        long bytes = await local.GetCachedBytesAsync(data.FileOf(context.Request), context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, JsonSerializer.SerializeToUtf8Bytes(new CachedMessage(bytes), PeerJson.Default.CachedMessage)).ConfigureAwait(false);
    }

    public async Task FreeAsync(HttpContext context)
    {
        bool recursive = QueryValues.Flag(context.Request.QueryString, "recursive");
        DroppedPages dropped = await local.FreeAsync(PathOf(context), recursive, context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, JsonSerializer.SerializeToUtf8Bytes(DroppedMessage.Of(dropped), PeerJson.Default.DroppedMessage)).ConfigureAwait(false);
    }

    public async Task InvalidateAsync(HttpContext context)
    {
        await local.InvalidateAsync(PathOf(context), QueryValues.Flag(context.Request.QueryString, "recursive")).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task DropAsync(HttpContext context)
    {
        await local.DropAsync(data.FileOf(context.Request)).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static CachePath PathOf(HttpContext context) =>
        CachePath.Parse(QueryValues.Text(context.Request.QueryString, "path")
            ?? throw new CacheException(CacheError.InvalidArgument, "'path' is missing; give ?path=/dir/file."));

    private Task AnswerAsync(HttpContext context, byte[] json)
    {
        context.Response.Headers[PeerRoutes.RingHeader] = cluster.RingFingerprint;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }
}
