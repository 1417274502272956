using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// Reads: pages, ranges, whole files, heads and tails. Each answer holds bytes of one version and names it in its ETag; two answers may
/// be of two versions, since an id has none: a client that minds sends If-Match. Bytes leave as those of the native interface do.
/// </summary>
internal sealed class AlluxioReads(CacheFileSystem files, AlluxioPaths paths, RewriteGuard guard, AlluxioOptions options, TimeProvider time)
{
    private static readonly KeyValuePair<string, object?>[] RouteTags =
    [
        default, new("http.route", "/v1/file/{id}/page/{n}"), new("http.route", "/v1/range/{id}"), new("http.route", "/v1/chunk/{id}"),
        new("http.route", "/v1/head/{id}"), new("http.route", "/v1/tail/{id}"),
    ];

    private static readonly string[] WindowParameters = ["&offset=", "&length=", "&numOfBytes="];

    public static bool IsRead(HttpRequest request) => ReadTarget.Of(request).Kind != ReadKind.None;

    /// <summary>Middleware in front of routing, as for reads of the native interface.</summary>
    public Task ShortenAsync(HttpContext context, RequestDelegate next)
    {
        ReadTarget target = ReadTarget.Of(context.Request);
        if (target.Kind == ReadKind.None)
            return next(context);
        context.Features.Get<IHttpMetricsTagsFeature>()?.Tags.Add(RouteTags[(int)target.Kind]);
        var id = PathId.Parse(target.Id);
        return paths.Find(id, new AlluxioQuery(context.Request), AlluxioGateway.PathParameter) is { } file
            ? ReadAsync(context, target, file)
            : ReadFoundElsewhereAsync(context, id);
    }

    private async Task ReadFoundElsewhereAsync(HttpContext context, PathId id)
    {
        AlluxioPath file = await paths.FromNeighboursAsync(id, AlluxioGateway.PathParameter, context.RequestAborted).ConfigureAwait(false);
        await ReadAsync(context, ReadTarget.Of(context.Request), file).ConfigureAwait(false);
    }

    private Task ReadAsync(HttpContext context, in ReadTarget target, in AlluxioPath file)
    {
        RefuseAmbiguous(file);
        var query = new AlluxioQuery(context.Request);
        guard.Forget(context.Connection.RemoteIpAddress, file.Path);
        ReadWindow window = target.Kind switch
        {
            ReadKind.Page => ReadWindow.OfPage(target.PageNumber(), options.PageSize, query.Number("offset"), query.Number("length")),
            ReadKind.Range => ReadWindow.OfRange(query.Number("offset"), query.Number("length")),
            ReadKind.Chunk => ReadWindow.Whole,
            _ => ReadWindow.OfEnd(query.Number("numOfBytes"), target.Kind == ReadKind.Tail),
        };
        bool isLaterPage = target.Kind == ReadKind.Page && window.Start >= options.PageSize;
        return isLaterPage ? PatientlyAsync(context, file.Path, window) : SendAsync(context, file.Path, window);
    }

    /// <summary>A name that holds a parameter of its own, unescaped, would be read at a place that nobody asked for.</summary>
    private static void RefuseAmbiguous(in AlluxioPath file)
    {
        foreach (string parameter in WindowParameters)
        {
            if (file.Spelling.Contains(parameter, StringComparison.Ordinal))
                throw new CacheException(CacheError.InvalidArgument, $"'{file.Spelling}' holds '{parameter}', which cannot be told from a parameter here; read it through /api/v1/files.");
        }
    }

    /// <summary>
    /// For pages after the first. The clients that read page by page take any failure there for the end of the file and say nothing, so
    /// what passes by itself is waited for.
    /// </summary>
    private async Task PatientlyAsync(HttpContext context, CachePath path, ReadWindow window)
    {
        long started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await SendAsync(context, path, window).ConfigureAwait(false);
                return;
            }
            catch (CacheException e) when (e.Error is CacheError.Unavailable or CacheError.Overloaded && !context.Response.HasStarted
                && time.GetElapsedTime(started) < AlluxioOptions.PagePatience)
            {
                context.Response.Clear();
            }
            await Task.Delay(AlluxioOptions.PagePause, time, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(HttpContext context, CachePath path, ReadWindow window)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                bool wantsFirstPage = window.Start == 0 && window.Length >= files.PageSize && !HttpMethods.IsHead(context.Request.Method);
                CacheFile file = await files.OpenAsync(path, wantsFirstPage ? StatusWish.FirstPage : StatusWish.Nothing, context.RequestAborted).ConfigureAwait(false);
                await AnswerAsync(context, file, window).ConfigureAwait(false);
                return;
            }
            catch (CacheException e) when (ReadRestart.MayHelp(e, attempt, context))
            {
                if (!await ReadRestart.BeginAsync(files, context, path, e).ConfigureAwait(false))
                    throw;
            }
        }
    }

    private ValueTask AnswerAsync(HttpContext context, CacheFile file, ReadWindow window)
    {
        FileHeaders headers = FileHeaders.Of(file.Status);
        ByteRange range = window.Of(file.Ref.Length);
        IHeaderDictionary target = context.Response.Headers;
        target.ETag = headers.ETag;
        target.LastModified = headers.LastModifiedText;
        switch (RequestConditions.Of(context.Request.Headers).Evaluate(headers))
        {
            case Precondition.Failed:
                return RefuseAsync(context, file.Status, headers);
            case Precondition.NotModified:
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return ValueTask.CompletedTask;
        }
        target.ContentType = FileHeaders.DefaultContentType;
        target.ContentLength = range.Length;
        return range.Length == 0 || HttpMethods.IsHead(context.Request.Method) ? ValueTask.CompletedTask : new FileBody(context, file).SendAsync(range);
    }

    private async ValueTask RefuseAsync(HttpContext context, FileStatus status, FileHeaders headers) =>
        throw (await DemandedVersion.DisprovesAsync(files, context, status.Path, status).ConfigureAwait(false)
            ? CacheException.Changed(status.Path.Value)
            : new CacheException(CacheError.ConditionFailed, $"The file is now version {headers.ETag}, which the request's conditions exclude; read it from the start."));
}
