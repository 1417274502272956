using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Browsing;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.Rest.Writing;

/// <summary>What a copy wrote.</summary>
internal sealed record CopyBody(string From, string To, long Files, long Directories, long Bytes);

/// <summary>POSTs that make directories, move and copy. Paths come in the query.</summary>
internal sealed class ChangeEndpoints(CacheFileSystem files, StatusEndpoint statuses)
{
    public const string MakeDirectoryRoute = "/api/v1/mkdir";
    public const string MoveRoute = "/api/v1/move";
    public const string CopyRoute = "/api/v1/copy";

    public async Task<StatusBody> MakeDirectoryAsync(HttpContext context)
    {
        CachePath path = PathOf(context, "path");
        await files.CreateDirectoryAsync(path, context.RequestAborted).ConfigureAwait(false);
        return await StatusAsync(path, context.RequestAborted).ConfigureAwait(false);
    }

    public async Task<StatusBody> MoveAsync(HttpContext context)
    {
        CachePath from = PathOf(context, "from"), to = PathOf(context, "to");
        await files.RenameAsync(from, to, context.RequestAborted).ConfigureAwait(false);
        return await StatusAsync(to, context.RequestAborted).ConfigureAwait(false);
    }

    public async Task<CopyBody> CopyAsync(HttpContext context)
    {
        CachePath from = PathOf(context, "from"), to = PathOf(context, "to");
        bool recursive = QueryValues.Flag(context.Request.QueryString, "recursive");
        CopiedFiles copied = await files.CopyAsync(from, to, recursive, context.RequestAborted).ConfigureAwait(false);
        return new(from.Value, to.Value, copied.Files, copied.Directories, copied.Bytes);
    }

    private async Task<StatusBody> StatusAsync(CachePath path, CancellationToken cancellationToken)
    {
        StatusAnswer answer = await files.TryGetStatusAsync(path, cancellationToken).ConfigureAwait(false);
        FileStatus status = answer.Status ?? throw CacheException.NotFound(path.Value);
        return await statuses.DescribeAsync(status, answer.Remaining, cancellationToken).ConfigureAwait(false);
    }

    private static CachePath PathOf(HttpContext context, string name) => CachePath.Parse(
        QueryValues.Text(context.Request.QueryString, name)
            ?? throw new CacheException(CacheError.InvalidArgument, $"'{name}' is missing; give ?{name}=/dir/file in the query."));
}
