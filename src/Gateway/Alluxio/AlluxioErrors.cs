using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Problems;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>What went wrong, as these clients look for it.</summary>
internal sealed record AlluxioErrorBody(string Message);

/// <summary>
/// Turns refusals of the dialect's routes into its own form: a status that clients know, and JSON with a message. What comes after the
/// first byte of an answer, and what nobody foresaw, is left to the native interface's middleware, which cuts or reports it.
/// </summary>
internal sealed class AlluxioErrors(RequestDelegate next, AlluxioOptions options)
{
    private const string Prefix = "/v1/";

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path.Value?.StartsWith(Prefix, StringComparison.Ordinal) != true)
        {
            await next(context).ConfigureAwait(false);
            return;
        }
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CacheException or BadHttpRequestException && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Clear();
            Problem problem = e is CacheException known ? ProblemKinds.Of(known) : ProblemKinds.Of((BadHttpRequestException)e);
            await WriteAsync(context, e is CacheException { Error: CacheError.NotFound } ? problem with { Status = options.MissingStatus } : problem).ConfigureAwait(false);
        }
    }

    private static Task WriteAsync(HttpContext context, Problem problem)
    {
        context.Response.StatusCode = problem.Status;
        if (problem.RetryAfter is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return context.Response.WriteAsJsonAsync(new AlluxioErrorBody(problem.Detail), RestJson.Options, context.RequestAborted);
    }
}
