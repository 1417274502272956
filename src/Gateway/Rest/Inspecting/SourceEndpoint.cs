using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.Rest.Inspecting;

/// <summary>GET of a file from its under storage, past the cache: headers, ranges and conditions as for cached files; nothing is kept.</summary>
internal sealed class SourceEndpoint(CacheFileSystem files, RestLimits limits)
{
    public const string Route = "/api/v1/source";

    public async Task HandleAsync(HttpContext context)
    {
        SourceFile file = await files.OpenSourceAsync(RequestTarget.PathOf(context, Route), context.RequestAborted).ConfigureAwait(false);
        FileHeaders headers = FileHeaders.Of(file.Status);
        FilePlan plan = FilePlan.For(headers, RequestConditions.Of(context.Request.Headers), isHead: false, limits.MaxRanges);
        FileEndpoint.SetHeaders(context.Response, headers, plan);
        if (plan.Refusal is not null)
            await FileEndpoint.RefusalOf(plan).WriteAsync(context).ConfigureAwait(false);
        else if (plan.Parts is { } parts)
            await SendAsync(context, file, parts).ConfigureAwait(false);
        else if (plan.ContentLength > 0)
            await SendAsync(context, file, plan.Range).ConfigureAwait(false);
    }

    private static async Task SendAsync(HttpContext context, SourceFile file, MultipartRanges parts)
    {
        for (int i = 0; i < parts.Ranges.Count; i++)
        {
            await context.Response.BodyWriter.WriteAsync(parts.HeadOf(i), context.RequestAborted).ConfigureAwait(false);
            await SendAsync(context, file, parts.Ranges[i]).ConfigureAwait(false);
        }
        await context.Response.BodyWriter.WriteAsync(parts.Tail, context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task SendAsync(HttpContext context, SourceFile file, ByteRange range)
    {
        PipeWriter writer = context.Response.BodyWriter;
        IUfsReader reader = await file.OpenAsync(range.Start, range.Length, context.RequestAborted).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            for (long left = range.Length; left > 0;)
            {
                int wanted = (int)Math.Min(left, CacheLimits.TransferPiece);
                int read = await reader.ReadAsync(writer.GetMemory(wanted)[..wanted], context.RequestAborted).ConfigureAwait(false);
                if (read == 0)
                    throw CacheException.Changed(file.Status.Path.Value);
                writer.Advance(read);
                left -= read;
                FlushResult flushed = await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                if (flushed.IsCompleted || flushed.IsCanceled)
                    return;
            }
        }
    }
}
