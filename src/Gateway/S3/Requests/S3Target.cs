using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Gateway.S3.Errors;

namespace Orleans.Cache.Gateway.S3.Requests;

/// <summary>
/// Bucket and key of a request's raw target: /bucket/key, or /key where the host names the bucket. Decoded once, from what was sent: the
/// server's own path has resolved ".." already and cannot tell "%2F". A plus is a plus. Pure.
/// </summary>
/// <param name="Bucket">"" for requests about all buckets.</param>
/// <param name="Key">"" for requests about a bucket.</param>
/// <param name="Path">Path part of the target as it was sent.</param>
/// <param name="Query">Query part with its question mark; "" where there is none.</param>
internal readonly record struct S3Target(string Bucket, string Key, string Path, string Query)
{
    /// <param name="raw">The request's target.</param>
    /// <param name="host">The Host header.</param>
    /// <param name="domains">Hosts below which a label is a bucket.</param>
    /// <exception cref="S3Exception">InvalidURI.</exception>
    public static S3Target Parse(string raw, string host, IReadOnlyList<string> domains)
    {
        int question = raw.IndexOf('?');
        string path = question < 0 ? raw : raw[..question];
        string query = question < 0 ? "" : raw[question..];
        if (!path.StartsWith('/'))
            path = OfAbsolute(path);
        // With the slash in front: most paths are what they are, and need no copy.
        string decoded = path.Contains('%') ? Decode(path) : path;
        string? bucket = BucketOf(host, domains);
        if (bucket is not null)
            return new(bucket, decoded[1..], path, query);
        int slash = decoded.IndexOf('/', 1);
        return slash < 0 ? new(decoded[1..], "", path, query) : new(decoded[1..slash], decoded[(slash + 1)..], path, query);
    }

    /// <summary>Decodes a path or the value of x-amz-copy-source.</summary>
    public static string Decode(string text)
    {
        try
        {
            return PercentCoding.DecodeRaw(text);
        }
        catch (CacheException e)
        {
            throw new S3Error(400, "InvalidURI", e.Message).Thrown();
        }
    }

    /// <summary>The label in front of a domain; null for path style.</summary>
    private static string? BucketOf(string host, IReadOnlyList<string> domains)
    {
        int colon = host.LastIndexOf(':');
        ReadOnlySpan<char> name = colon > host.LastIndexOf(']') ? host.AsSpan(0, colon) : host;
        foreach (string domain in domains)
        {
            if (name.Length > domain.Length + 1 && name.EndsWith(domain, StringComparison.OrdinalIgnoreCase) && name[^(domain.Length + 1)] == '.')
                return name[..^(domain.Length + 1)].ToString();
        }
        return null;
    }

    private static string OfAbsolute(string path)
    {
        int authority = path.IndexOf("://", StringComparison.Ordinal);
        int slash = authority < 0 ? -1 : path.IndexOf('/', authority + 3);
        return slash < 0 ? "/" : path[slash..];
    }
}
