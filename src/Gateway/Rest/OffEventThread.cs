using Microsoft.AspNetCore.Http;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Gateway.Rest.Files;

namespace Orleans.Cache.Gateway.Rest;

/// <summary>
/// The node lets socket events run inline on their threads (decision 0002): whatever blocks there stalls other connections. The
/// byte path does not block; everything else (writes, listings, scrapes, frees) goes on on the pool.
/// </summary>
internal static class OffEventThread
{
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!FileEndpoint.IsRead(context.Request) && !AlluxioReads.IsRead(context.Request)
            && !context.Request.Path.StartsWithSegments(PeerRoutes.Data, StringComparison.OrdinalIgnoreCase))
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await next(context).ConfigureAwait(false);
    }
}
