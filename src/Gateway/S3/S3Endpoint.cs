using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Cors;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3;

/// <summary>
/// Every request of the S3 port: 1. decoded; 2. its sender is known; 3. its operation is; 4. the sender may do it; 5. it is done. What fails
/// becomes an S3 error while nothing is sent yet; afterwards the connection is cut, because a body that simply ends would pass for a whole one.
/// </summary>
internal sealed partial class S3Endpoint(
    S3Options options, Authenticator authenticator, BucketTable buckets, CorsRules cors, S3Operations operations, ILogger<S3Endpoint> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        string raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        S3Request? request = null;
        try
        {
            // 1.
            S3Target target = S3Target.Parse(raw, context.Request.Host.Value ?? "", options.Domains);
            request = new S3Request(context, target, S3Query.Parse(target.Query), context.TraceIdentifier);
            cors.Allow(context);
            if (CorsRules.IsPreflight(context.Request))
                cors.Preflight(context);
            else
                await ServeAsync(request).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailAsync(context, request, raw, e).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(S3Request request)
    {
        authenticator.Authenticate(request); // 2.
        PresignedHeaders.Apply(request);
        S3Operation operation = S3Route.Of(request); // 3.
        request.IsWrite = Permissions.IsWrite(operation);
        Name(request.Context, operation);
        Permissions.Require(request, operation); // 4.
        // Where nobody needs a key, any page in a browser of this machine could write.
        if (request.IsWrite && options.Keys.Count == 0 && !cors.IsOwnOrAllowed(request.Context.Request))
            throw S3Error.AccessDenied("Pages of this origin may not write here; --s3-cors names the origins that may, --s3-key who else.").Thrown();
        if (request.Bucket.Length > 0)
            request.Root = buckets.RootOf(request.Bucket);
        request.Response.Headers[S3Headers.RequestId] = request.Id;
        // Of an empty body the server tells nobody to go on.
        if (request.Context.Request.ContentLength == 0)
            ErrorAnswer.CloseUnlessContinued(request.Context);
        if (!NeverBlocks(operation))
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await operations.RunAsync(operation, request).ConfigureAwait(false); // 5.
    }

    /// <summary>
    /// The byte path does not block; what else is done here leaves the thread on which other connections' events run (decision 0002). Of a PUT only the beginning would: its body is read,
    /// and hashed, where it arrives.
    /// </summary>
    private static bool NeverBlocks(S3Operation operation) =>
        operation is S3Operation.GetObject or S3Operation.HeadObject or S3Operation.PutObject or S3Operation.UploadPart;

    /// <summary>Metrics and traces name the operation as those of REST name the route.</summary>
    private static void Name(HttpContext context, S3Operation operation)
    {
        (context.Features[typeof(IHttpMetricsTagsFeature)] as IHttpMetricsTagsFeature)?.Tags.Add(RouteTags[(int)operation]);
        if (context.Features[typeof(IHttpActivityFeature)] is IHttpActivityFeature { Activity: { } activity })
            activity.DisplayName = "S3 " + operation;
    }

    private static readonly KeyValuePair<string, object?>[] RouteTags =
        [.. Enum.GetValues<S3Operation>().Select(operation => new KeyValuePair<string, object?>("http.route", "s3/" + operation))];

    private async Task FailAsync(HttpContext context, S3Request? request, string raw, Exception failure)
    {
        if (context.RequestAborted.IsCancellationRequested || failure is ConnectionResetException or ConnectionAbortedException)
            return;
        S3Error error = ErrorOf(context, request, failure);
        if (context.Response.HasStarted)
        {
            LogCut(request?.Target.Path ?? "a request", error.Message);
            context.Abort();
            return;
        }
        if (error.Code == "NoSuchKey" && request is { Root: not null } && await IsBucketMissingAsync(request).ConfigureAwait(false))
            error = S3Error.NoSuchBucket(request.Bucket);
        context.Response.Clear();
        cors.Allow(context);
        await ErrorAnswer.WriteAsync(context, error, request?.Target.Path ?? raw, context.TraceIdentifier).ConfigureAwait(false);
    }

    private S3Error ErrorOf(HttpContext context, S3Request? request, Exception failure)
    {
        switch (failure)
        {
            case S3Exception known:
                return known.Error;
            case CacheException ofEngine when request is not null:
                return EngineErrors.Of(ofEngine, request);
            case BadHttpRequestException refused:
                return EngineErrors.Of(refused);
            // What the server throws for a chunk longer than 2 GiB.
            case IOException { InnerException: OverflowException }:
                return S3Error.IncompleteBody("Bad chunk size data.");
            default:
                LogUnforeseen(failure, context.Request.Method, context.Request.Path);
                return EngineErrors.Internal();
        }
    }

    private async Task<bool> IsBucketMissingAsync(S3Request request)
    {
        try
        {
            return !await buckets.ExistsAsync(request.Root, request.Aborted).ConfigureAwait(false);
        }
        catch (CacheException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The S3 answer for {Target} was cut in the middle: {Why}")]
    private partial void LogCut(string target, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "S3 {Method} {Path} failed.")]
    private partial void LogUnforeseen(Exception failure, string method, PathString path);
}
