using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// Names of files as these clients have them, URLs of the under storage, and as the namespace has them. Bare cache paths are taken
/// everywhere too. Pure.
/// </summary>
internal static class UfsNames
{
    private const string Separator = "://";

    /// <exception cref="CacheException">NotFound: no mount shows that URL. InvalidPath.</exception>
    public static CachePath PathOf(MountTable table, string spelling)
    {
        if (spelling.StartsWith('/'))
            return CachePath.Parse(spelling);
        string url = Canonical(spelling);
        if (!url.Contains(Separator, StringComparison.Ordinal))
            throw new CacheException(CacheError.InvalidPath, $"'{spelling}' is neither a URL of an under storage, such as s3://bucket/file, nor a path such as /dir/file.");
        foreach (Mount mount in table.Mounts.OrderByDescending(m => m.Uri.Length))
        {
            if (RestBelow(mount, url) is not { } rest)
                continue;
            CachePath path = mount.Path.Combine(rest.Trim('/'));
            // Another mount may lie over this place; then the URL's own file is not to be seen there.
            if (table.TryResolve(path, out MountedKey at) && at.Mount == mount)
                return path;
        }
        throw new CacheException(CacheError.NotFound, $"No mount shows '{spelling}'; GET /api/v1/mounts names those that there are.");
    }

    /// <summary>The URL of a path; the path itself where it only leads to mounts.</summary>
    public static string UrlOf(MountTable table, CachePath path)
    {
        if (!table.TryResolve(path, out MountedKey at))
            return path.Value;
        string root = Plain(at.Mount);
        return at.Key.Length > 0 ? Join(root, at.Key) : root.EndsWith(Separator, StringComparison.Ordinal) ? root + '/' : root;
    }

    /// <summary>A mount's URL as clients hold names: nothing escaped.</summary>
    public static string Plain(Mount mount) =>
        mount.Uri.StartsWith("file:", StringComparison.OrdinalIgnoreCase) ? Uri.UnescapeDataString(mount.Uri) : mount.Uri;

    /// <summary>The spelling of an entry of a directory.</summary>
    public static string Join(string directory, string name) => directory.EndsWith('/') ? directory + name : directory + '/' + name;

    private static string? RestBelow(Mount mount, string url)
    {
        string plain = Canonical(Plain(mount)), given = Canonical(mount.Uri);
        return RestBelow(plain, url) ?? (plain == given ? null : RestBelow(given, url));
    }

    private static string? RestBelow(string root, string url) =>
        url.StartsWith(root, StringComparison.Ordinal) && (url.Length == root.Length || url[root.Length] == '/' || root.EndsWith('/')) ? url[root.Length..] : null;

    /// <summary>One spelling for schemes that mean the same, and for local files.</summary>
    private static string Canonical(string url)
    {
        int colon = url.IndexOf(':');
        if (colon <= 0)
            return url;
        string scheme = url[..colon].ToLowerInvariant(), rest = url[(colon + 1)..];
        if (scheme is "s3a" or "s3n")
            scheme = "s3";
        if (scheme is not "file" and not "local")
            return scheme + ':' + rest;
        const string LocalHost = "//localhost/";
        if (rest.StartsWith(LocalHost, StringComparison.OrdinalIgnoreCase))
            rest = rest[(LocalHost.Length - 1)..];
        return "file://" + (rest.TrimStart('/') is { Length: > 0 } path ? '/' + path : "");
    }
}
