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
    public static Task InvokeAsync(HttpContext context, RequestDelegate next) => IsOnBytePath(context.Request) ? next(context) : OnPoolAsync(context, next);

    /// <summary>Reads of files do not come here: <see cref="FileEndpoint.ShortenAsync"/> stands in front.</summary>
    private static bool IsOnBytePath(HttpRequest request) => AlluxioReads.IsRead(request)
        || request.Path.StartsWithSegments(PeerRoutes.Data, StringComparison.OrdinalIgnoreCase);

    private static async Task OnPoolAsync(HttpContext context, RequestDelegate next)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await next(context).ConfigureAwait(false);
    }
}
