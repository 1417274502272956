using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Loading;

namespace Orleans.Cache.Gateway.Rest.Loading;

/// <summary>POST begins a load job, GET says how far it is, DELETE stops it. A job is named by its path.</summary>
internal sealed class LoadEndpoint(CacheFileSystem files, LoadJobs jobs)
{
    public const string Route = "/api/v1/load";

    public async Task SubmitAsync(HttpContext context)
    {
        CachePath path = Required(context);
        // Whoever mistypes a path hears it here, not from a job that failed a moment later.
        await files.GetStatusAsync(path, context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await context.Response.WriteAsJsonAsync(LoadBody.Of(jobs.Submit(path)), RestJson.Options, context.RequestAborted).ConfigureAwait(false);
    }

    public Task Get(HttpContext context) => PathOf(context) is { } path
        ? context.Response.WriteAsJsonAsync(Known(path), RestJson.Options, context.RequestAborted)
        : context.Response.WriteAsJsonAsync<IReadOnlyList<LoadBody>>([.. jobs.All.Select(LoadBody.Of)], RestJson.Options, context.RequestAborted);

    public Task Stop(HttpContext context)
    {
        CachePath path = Required(context);
        jobs.Stop(path);
        return context.Response.WriteAsJsonAsync(Known(path), RestJson.Options, context.RequestAborted);
    }

    private LoadBody Known(CachePath path) => jobs.Find(path) is { } progress
        ? LoadBody.Of(progress)
        : throw new CacheException(CacheError.NotFound, $"No load job of '{path}' is known; POST {Route}?path=... begins one.");

    private static CachePath Required(HttpContext context) => PathOf(context)
        ?? throw new CacheException(CacheError.InvalidArgument, "Nothing says what to load; give ?path=/dir.");

    private static CachePath? PathOf(HttpContext context) =>
        QueryValues.Text(context.Request.QueryString, "path") is { } path ? CachePath.Parse(path) : null;
}
