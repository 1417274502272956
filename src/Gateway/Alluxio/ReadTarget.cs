using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>The reads of the dialect.</summary>
internal enum ReadKind
{
    None,
    Page,
    Range,
    Chunk,
    Head,
    Tail,
}

/// <summary>What a request's path asks to read. Pure.</summary>
/// <param name="kind">None: it is no read.</param>
/// <param name="id">Text of the file's id.</param>
/// <param name="page">Text of the page's number.</param>
internal readonly ref struct ReadTarget(ReadKind kind, ReadOnlySpan<char> id, ReadOnlySpan<char> page = default)
{
    private const string Version = "/v1/";

    public ReadKind Kind { get; } = kind;

    public ReadOnlySpan<char> Id { get; } = id;

    public ReadOnlySpan<char> Page { get; } = page;

    /// <exception cref="CacheException">InvalidArgument.</exception>
    public long PageNumber() => long.TryParse(Page, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? number
        : throw new CacheException(CacheError.InvalidArgument, $"page '{Page}' is not a whole number from 0 on.");

    /// <summary>GET and HEAD of /v1/file/ID/page/N, /v1/range/ID, /v1/chunk/ID, /v1/head/ID and /v1/tail/ID.</summary>
    public static ReadTarget Of(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) ? Of(request.Path.Value) : default;

    internal static ReadTarget Of(ReadOnlySpan<char> path)
    {
        if (!path.StartsWith(Version, StringComparison.Ordinal))
            return default;
        path = path[Version.Length..];
        int slash = path.IndexOf('/');
        if (slash < 0)
            return default;
        ReadOnlySpan<char> word = path[..slash], id = path[(slash + 1)..];
        if (word is "file")
            return OfPage(id);
        ReadKind kind = word switch
        {
            "range" => ReadKind.Range,
            "chunk" => ReadKind.Chunk,
            "head" => ReadKind.Head,
            "tail" => ReadKind.Tail,
            _ => ReadKind.None,
        };
        return kind == ReadKind.None || id.Contains('/') ? default : new ReadTarget(kind, id);
    }

    private static ReadTarget OfPage(ReadOnlySpan<char> rest)
    {
        const string Middle = "/page/";
        int slash = rest.IndexOf('/');
        return slash > 0 && rest[slash..].StartsWith(Middle, StringComparison.Ordinal) && !rest[(slash + Middle.Length)..].Contains('/')
            ? new ReadTarget(ReadKind.Page, rest[..slash], rest[(slash + Middle.Length)..])
            : default;
    }
}
