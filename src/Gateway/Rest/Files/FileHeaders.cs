using System.Globalization;
using Microsoft.AspNetCore.StaticFiles;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// What each answer about one version says of it. Depends on the status alone, so it may be kept beside one.
/// </summary>
/// <param name="ETag">Strong entity tag: the version token in quotes.</param>
/// <param name="LastModified">In whole seconds, as HTTP dates are.</param>
/// <param name="LastModifiedText">The same as a header value.</param>
/// <param name="ContentType">By the name's extension.</param>
/// <param name="Length">Bytes of the file.</param>
internal sealed record FileHeaders(string ETag, DateTimeOffset LastModified, string LastModifiedText, string ContentType, long Length)
{
    /// <summary>For every name whose extension says nothing.</summary>
    public const string DefaultContentType = "application/octet-stream";

    private static readonly FileExtensionContentTypeProvider ContentTypes = new();

    /// <exception cref="CacheException">IsDirectory.</exception>
    public static FileHeaders Of(FileStatus status)
    {
        long ticks = status.LastModified.UtcTicks;
        var seconds = new DateTimeOffset(ticks - ticks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
        return new FileHeaders(
            string.Concat("\"", status.RequireFile().Version.Token, "\""),
            seconds,
            seconds.ToString("R", CultureInfo.InvariantCulture),
            ContentTypes.TryGetContentType(status.Path.Value, out string? type) ? type : DefaultContentType,
            status.Length);
    }
}
