using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Filling;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Gateway.Peers;

/// <summary>What nodes ask and tell each other beside bytes. Always this node's own knowledge: nothing is forwarded.</summary>
internal sealed class PeerMetadataEndpoints(
    ICacheNode local, CacheFileSystem files, CacheCounters counters, NodeHealth health, PeerDataEndpoint data, ClusterEndpoint cluster, RestLimits limits)
{
    private static readonly byte[] NewLine = "\n"u8.ToArray();

    public Task PingAsync(HttpContext context) => AnswerAsync(
        context, JsonSerializer.SerializeToUtf8Bytes(
            new PingMessage(local.Name, health.State.ToString().ToLowerInvariant(), files.Mounts.Fingerprint.ToString("x16", null), cluster.RingFingerprint),
            PeerJson.Default.PingMessage));

    public async Task StatusAsync(HttpContext context)
    {
        counters.PeerStatuses.Increment();
        StatusWish wish = (QueryValues.Text(context.Request.QueryString, PeerRoutes.DescribedName) is null ? StatusWish.Nothing : StatusWish.Described)
            | (QueryValues.Text(context.Request.QueryString, PeerRoutes.FirstPageName) is null ? StatusWish.Nothing : StatusWish.FirstPage);
        StatusAnswer answer = await local.GetStatusAsync(PathOf(context), wish, context.RequestAborted).ConfigureAwait(false);
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

    public async Task LoadAsync(HttpContext context)
    {
        FileRef file = data.FileOf(context.Request);
        long offset = NumberOf(context, "offset"), bytes = NumberOf(context, "bytes");
        if (bytes == 0 || offset > file.Length - bytes)
            throw new CacheException(CacheError.InvalidArgument, $"{bytes} bytes at {offset} are not within a file of {file.Length} bytes.");
        LoadedPages loaded = await local.LoadAsync(file, offset, bytes, context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, JsonSerializer.SerializeToUtf8Bytes(loaded, PeerJson.Default.LoadedPages)).ConfigureAwait(false);
    }

    public async Task PagesAsync(HttpContext context)
    {
        int maxRuns = (int)Math.Min(NumberOf(context, "maxRuns"), limits.MaxExplainRanges);
        PageMap map = await local.DescribePagesAsync(data.FileOf(context.Request), maxRuns, context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, JsonSerializer.SerializeToUtf8Bytes(map, PeerJson.Default.PageMap)).ConfigureAwait(false);
    }

    public async Task RecallAsync(HttpContext context)
    {
        RecalledStatus? recalled = await local.RecallStatusAsync(PathOf(context), context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, JsonSerializer.SerializeToUtf8Bytes(RecalledMessage.Of(recalled), PeerJson.Default.RecalledMessage)).ConfigureAwait(false);
    }

    public Task CountAsync(HttpContext context) => AnswerDroppedAsync(context, local.CountCachedAsync);

    public Task FreeAsync(HttpContext context) => AnswerDroppedAsync(context, local.FreeAsync);

    private async Task AnswerDroppedAsync(HttpContext context, Func<CachePath, bool, CancellationToken, Task<DroppedPages>> ask)
    {
        bool recursive = QueryValues.Flag(context.Request.QueryString, "recursive");
        DroppedPages dropped = await ask(PathOf(context), recursive, context.RequestAborted).ConfigureAwait(false);
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

    private static long NumberOf(HttpContext context, string name)
    {
        string? text = QueryValues.Text(context.Request.QueryString, name);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new CacheException(CacheError.InvalidArgument, $"{name} '{text}' is not a whole number.");
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
