using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Rest.Operations;

/// <summary>What to free, where it comes as JSON.</summary>
internal sealed record FreeRequest(string Path, bool Recursive = false, bool DryRun = false);

/// <summary>What was freed or, where DryRun is true, what would be.</summary>
internal sealed record FreeBody(string Path, bool Recursive, long FreedFiles, long FreedPages, long FreedBytes, bool? DryRun = null);

/// <summary>POST that drops what is cached of a path. The path comes in the query or in a JSON body.</summary>
internal sealed class FreeEndpoint(CacheFileSystem files)
{
    public const string Route = "/api/v1/free";

    public async Task<FreeBody> HandleAsync(HttpContext context)
    {
        FreeRequest wanted = await ReadAsync(context.Request).ConfigureAwait(false);
        CachePath path = CachePath.Parse(wanted.Path);
        DroppedPages dropped = await (wanted.DryRun
            ? files.CountCachedAsync(path, wanted.Recursive, context.RequestAborted)
            : files.FreeAsync(path, wanted.Recursive, context.RequestAborted)).ConfigureAwait(false);
        return new(path.Value, wanted.Recursive, dropped.Files, dropped.Pages, dropped.Bytes, wanted.DryRun ? true : null);
    }

    private static ValueTask<FreeRequest> ReadAsync(HttpRequest request)
    {
        string? path = QueryValues.Text(request.QueryString, "path");
        if (path is not null)
            return new(new FreeRequest(path, QueryValues.Flag(request.QueryString, "recursive"), QueryValues.Flag(request.QueryString, "dryRun")));
        if (request.HasJsonContentType())
            return ReadJsonAsync(request);
        throw new CacheException(CacheError.InvalidArgument,
            "Nothing says what to free; give ?path=/dir&recursive=true, or a body of type application/json such as {\"path\":\"/dir\",\"recursive\":true}.");
    }

    private static async ValueTask<FreeRequest> ReadJsonAsync(HttpRequest request)
    {
        try
        {
            return await request.ReadFromJsonAsync<FreeRequest>(RestJson.Options, request.HttpContext.RequestAborted).ConfigureAwait(false)
                ?? throw new JsonException("The body is null.");
        }
        catch (JsonException e)
        {
            throw new CacheException(CacheError.InvalidArgument, $"The body is not as {{\"path\":\"/dir\",\"recursive\":true}}: {e.Message}", e);
        }
    }
}
