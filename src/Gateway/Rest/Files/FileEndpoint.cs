using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Problems;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// GET and HEAD of a file. An answer holds bytes of one version: opening fixes it. Where the source has left that version
/// before anything was sent, the answer starts over (<see cref="ReadRestart"/>); after that it is cut by the middleware.
/// </summary>
internal sealed class FileEndpoint(CacheFileSystem files, OwnerRedirect redirect, RestLimits limits)
{
    public const string Route = "/api/v1/files";

    /// <summary>What routing matches.</summary>
    public const string Pattern = Route + "/{**path}";

    private static readonly KeyValuePair<string, object?> RouteTag = new("http.route", Pattern);

    /// <summary>
    /// Middleware in front of routing: reads of files, which are most requests and the only ones whose microseconds count, need
    /// no route table. It answers the same as the routed endpoint, which stays for other methods and for the API's description.
    /// </summary>
    public Task ShortenAsync(HttpContext context, RequestDelegate next)
    {
        if (!IsRead(context.Request))
            return next(context);
        // The request's metrics name the route as routing would. By type, for a generic Get is looked up anew with each call.
        (context.Features[typeof(IHttpMetricsTagsFeature)] as IHttpMetricsTagsFeature)?.Tags.Add(RouteTag);
        return HandleAsync(context);
    }

    /// <summary>GET or HEAD of this route.</summary>
    public static bool IsRead(HttpRequest request) => request.Path.StartsWithSegments(Route, StringComparison.OrdinalIgnoreCase)
        && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));

    public async Task HandleAsync(HttpContext context)
    {
        CachePath path = RequestTarget.PathOf(context, Route);
        if (redirect.TryAnswer(context, path))
            return;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                CacheFile file = await files.OpenAsync(path, WishOf(context.Request), context.RequestAborted).ConfigureAwait(false);
                await AnswerAsync(context, file).ConfigureAwait(false);
                return;
            }
            catch (CacheException e) when (ReadRestart.MayHelp(e, attempt, context))
            {
                if (!await ReadRestart.BeginAsync(files, context, path, e).ConfigureAwait(false))
                    throw;
            }
        }
    }

    private StatusWish WishOf(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && RequestConditions.Of(request.Headers).WantFirstPage(files.PageSize) ? StatusWish.FirstPage : StatusWish.Nothing;

    private ValueTask AnswerAsync(HttpContext context, CacheFile file)
    {
        bool isHead = HttpMethods.IsHead(context.Request.Method);
        FileHeaders headers = FileHeaders.Of(file.Status);
        FilePlan plan = FilePlan.For(headers, RequestConditions.Of(context.Request.Headers), isHead, limits.MaxRanges);
        SetHeaders(context.Response, headers, plan);
        if (redirect.Ring is { } ring)
            context.Response.Headers[PeerRoutes.RingHeader] = ring;
        if (plan.Refusal is not null)
            return RefuseAsync(context, file.Status, plan);
        if (isHead || plan.ContentLength == 0)
            return ValueTask.CompletedTask;
        var body = new FileBody(context, file);
        return plan.Parts is { } parts ? body.SendAsync(parts) : body.SendAsync(plan.Range);
    }

    private async ValueTask RefuseAsync(HttpContext context, FileStatus status, FilePlan plan)
    {
        if (plan.Status == StatusCodes.Status412PreconditionFailed && await DemandedVersion.DisprovesAsync(files, context, status.Path, status).ConfigureAwait(false))
            throw CacheException.Changed(status.Path.Value);
        await RefusalOf(plan).WriteAsync(context).ConfigureAwait(false);
    }

    internal static void SetHeaders(HttpResponse response, FileHeaders headers, in FilePlan plan)
    {
        response.StatusCode = plan.Status;
        IHeaderDictionary target = response.Headers;
        target.ETag = headers.ETag;
        target.LastModified = headers.LastModifiedText;
        target.AcceptRanges = "bytes";
        if (plan.ContentRange(headers) is { } contentRange)
            target.ContentRange = contentRange;
        if (plan.Status is not (StatusCodes.Status200OK or StatusCodes.Status206PartialContent))
            return;
        target.ContentType = plan.Parts?.ContentType ?? headers.ContentType;
        target.ContentLength = plan.ContentLength;
    }

    internal static Problem RefusalOf(in FilePlan plan) =>
        new(plan.Status, plan.Status == StatusCodes.Status416RangeNotSatisfiable ? "range-not-satisfiable" : "precondition-failed", plan.Refusal!);
}
