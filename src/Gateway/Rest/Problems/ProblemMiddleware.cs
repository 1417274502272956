using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Gateway.Rest.Targets;

namespace Orleans.Cache.Gateway.Rest.Problems;

/// <summary>
/// Turns every failure into an answer that tells the truth: a problem while nothing is sent yet; afterwards the connection is
/// cut, because a body that simply ends would pass for a whole one.
/// </summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            RequestTarget.RefuseDotSegments(context);
            RefuseMethodsInSmallLetters(context.Request.Method);
            await next(context).ConfigureAwait(false);
            if (IsBareRefusal(context.Response))
                await ProblemKinds.Of(context).WriteAsync(context).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailAsync(context, e).ConfigureAwait(false);
        }
    }

    /// <summary>Routing takes "HEAd" for HEAD and the server does not, so that the answer would be one of either.</summary>
    private static void RefuseMethodsInSmallLetters(string method)
    {
        if (!string.Equals(HttpMethods.GetCanonicalizedValue(method), method, StringComparison.Ordinal))
            throw new BadHttpRequestException($"'{method}' is not a method; write methods in capitals.");
    }

    private Task FailAsync(HttpContext context, Exception failure)
    {
        // A body that breaks off may be read before the word of it gets here.
        if (context.RequestAborted.IsCancellationRequested || failure is ConnectionResetException or ConnectionAbortedException)
        {
            LogLeft(context.Request.Path);
            return Task.CompletedTask;
        }
        Problem problem = ProblemOf(context, failure);
        if (context.Response.HasStarted)
        {
            LogCut(context.Request.Path, problem.Detail);
            context.Abort();
            return Task.CompletedTask;
        }
        context.Response.Clear();
        return problem.WriteAsync(context);
    }

    private Problem ProblemOf(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case CacheException known:
                return ProblemKinds.Of(known);
            case BadHttpRequestException refused:
                return ProblemKinds.Of(refused);
            // What the server throws for a chunk longer than 2 GiB; other broken chunks are bad requests to it too.
            case IOException { InnerException: OverflowException }:
                return ProblemKinds.Of(new BadHttpRequestException("Bad chunk size data."));
            default:
                LogUnforeseen(failure, context.Request.Method, context.Request.Path);
                return ProblemKinds.Internal();
        }
    }

    private static bool IsBareRefusal(HttpResponse response) =>
        response.StatusCode >= StatusCodes.Status400BadRequest && !response.HasStarted && response.ContentLength is null && response.ContentType is null;

    [LoggerMessage(Level = LogLevel.Debug, Message = "The client of {Path} left before the answer ended.")]
    private partial void LogLeft(PathString path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer for {Path} was cut in the middle: {Why}")]
    private partial void LogCut(PathString path, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private partial void LogUnforeseen(Exception failure, string method, PathString path);
}
