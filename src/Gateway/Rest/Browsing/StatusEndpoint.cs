using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.Rest.Browsing;

/// <summary>Everything a node knows of one path. What only files have is not there for directories.</summary>
internal sealed record StatusBody
{
    public required string Path { get; init; }

    /// <summary>"file" or "directory".</summary>
    public required string Type { get; init; }

    public required DateTimeOffset LastModified { get; init; }

    public long? Length { get; init; }

    /// <summary>The version token; the file's ETag without its quotes.</summary>
    public string? Version { get; init; }

    public long? CachedBytes { get; init; }

    /// <summary>0 to 100; an empty file counts as cached.</summary>
    public double? CachedPercent { get; init; }

    public int? PageSize { get; init; }

    public long? Pages { get; init; }

    /// <summary>Path of the mount that serves it; not there for a directory that only leads to mounts.</summary>
    public string? Mount { get; init; }

    /// <summary>Seconds for which this answer may be believed; not there where it is for ever.</summary>
    public double? ValidForSeconds { get; init; }
}

/// <summary>GET of a path's status.</summary>
internal sealed class StatusEndpoint(CacheFileSystem files)
{
    public const string Route = "/api/v1/status";

    public async Task<StatusBody> HandleAsync(HttpContext context)
    {
        CachePath path = RequestTarget.PathOf(context, Route);
        StatusAnswer answer = await files.TryGetStatusAsync(path, context.RequestAborted).ConfigureAwait(false);
        FileStatus status = answer.Status ?? throw CacheException.NotFound(path.Value);
        return await DescribeAsync(status, answer.Remaining, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>A status as this API writes it.</summary>
    public ValueTask<StatusBody> DescribeAsync(FileStatus status, TimeSpan remaining, CancellationToken cancellationToken)
    {
        var body = new StatusBody
        {
            Path = status.Path.Value,
            Type = Naming.TypeOf(status),
            LastModified = status.LastModified,
            Mount = files.Mounts.TryResolve(status.Path, out MountedKey mounted) ? mounted.Mount.Path.Value : null,
            ValidForSeconds = remaining == TimeSpan.MaxValue ? null : remaining.TotalSeconds,
        };
        return status.File is { } file ? WithFileAsync(body, file, cancellationToken) : new(body);
    }

    private async ValueTask<StatusBody> WithFileAsync(StatusBody body, FileRef file, CancellationToken cancellationToken)
    {
        long cached = await files.GetCachedBytesAsync(file, cancellationToken).ConfigureAwait(false);
        return body with
        {
            Length = file.Length,
            Version = file.Version.Token,
            CachedBytes = cached,
            CachedPercent = file.Length == 0 ? 100 : Math.Round(100.0 * cached / file.Length, 2),
            PageSize = file.PageSize,
            Pages = file.PageCount,
        };
    }
}
