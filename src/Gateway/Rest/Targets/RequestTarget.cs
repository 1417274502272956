using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Rest.Targets;

/// <summary>
/// Cache paths from the raw request target. The server's own decoded path is of no use: it has already resolved ".." (to
/// another file than the client named) and cannot tell "%2F" from "/". So paths are decoded here, once, from what was sent.
/// </summary>
internal static class RequestTarget
{
    /// <summary>What a dot segment starts with, or hides behind.</summary>
    private static readonly SearchValues<string> DotHints = SearchValues.Create(["/.", "%2e"], StringComparison.OrdinalIgnoreCase);

    /// <summary>The cache path that follows <paramref name="route"/> (without a trailing slash) in the request's target.</summary>
    /// <exception cref="CacheException">InvalidPath.</exception>
    public static CachePath PathOf(HttpContext context, string route) => PathOf(RawOf(context), route);

    /// <inheritdoc cref="PathOf(HttpContext, string)"/>
    internal static CachePath PathOf(string rawTarget, string route)
    {
        ReadOnlySpan<char> path = PathPart(rawTarget);
        if (!path.StartsWith(route, StringComparison.OrdinalIgnoreCase) || (path.Length > route.Length && path[route.Length] != '/'))
            throw new CacheException(CacheError.InvalidPath, $"'{path}' writes the route in another way than '{route}/'; write it exactly so.");
        ReadOnlySpan<char> rest = path[route.Length..];
        return rest.Length <= 1 ? CachePath.Root : CachePath.Parse(PercentCoding.DecodePath(rest));
    }

    /// <summary>Path part of the request's target as the client sent it.</summary>
    public static string InstanceOf(HttpContext context) => PathPart(RawOf(context)).ToString();

    /// <summary>
    /// Refuses a target with "." or ".." components, plain or encoded. The server resolves them before routing, so that
    /// /api/v1/files/../cache would otherwise answer as /api/v1/cache.
    /// </summary>
    /// <exception cref="CacheException">InvalidPath.</exception>
    public static void RefuseDotSegments(HttpContext context)
    {
        string raw = RawOf(context);
        if (HasDotSegment(raw))
            throw new CacheException(CacheError.InvalidPath, $"'{PathPart(raw)}' holds a '.' or '..' component; write the path without it.");
    }

    internal static bool HasDotSegment(string rawTarget)
    {
        if (!rawTarget.AsSpan().ContainsAny(DotHints))
            return false;
        ReadOnlySpan<char> path = PathPart(rawTarget);
        foreach (Range range in path.Split('/'))
        {
            if (IsDots(path[range]))
                return true;
        }
        return false;
    }

    /// <summary>Whether a component decodes to one or two dots.</summary>
    private static bool IsDots(ReadOnlySpan<char> component)
    {
        int dots = 0;
        while (!component.IsEmpty && dots <= 2)
        {
            int width = component[0] == '.' ? 1 : component.StartsWith("%2e", StringComparison.OrdinalIgnoreCase) ? 3 : 0;
            if (width == 0)
                return false;
            component = component[width..];
            dots++;
        }
        return dots is 1 or 2;
    }

    /// <summary>Without the query, and without scheme and authority where a client sent the absolute form.</summary>
    private static ReadOnlySpan<char> PathPart(ReadOnlySpan<char> target)
    {
        int query = target.IndexOf('?');
        ReadOnlySpan<char> path = query < 0 ? target : target[..query];
        if (path.StartsWith('/'))
            return path;
        int authority = path.IndexOf("://", StringComparison.Ordinal);
        int slash = authority < 0 ? -1 : path[(authority + 3)..].IndexOf('/');
        return slash < 0 ? "/" : path[(authority + 3 + slash)..];
    }

    private static string RawOf(HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
}
