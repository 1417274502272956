using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Orleans.Cache.UfsConnectors.Local;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors;

/// <summary>
/// Makes the connector that a mount's URI names: <c>file:///path</c> or <c>mem://name</c>.
/// </summary>
/// <remarks>
/// In <c>file://</c> URIs, <c>%XX</c> with two hexadecimal digits stands for that byte of a UTF-8 name; every other character,
/// among them space, <c>+</c>, <c>?</c>, <c>#</c> and a lone <c>%</c>, stands for itself, so that <c>file:///my data</c> and
/// <c>file:///my%20data</c> are the same directory. A directory really called <c>my%20data</c> is written <c>my%2520data</c>.
/// <c>file://localhost/path</c> is accepted; another host is not.
/// </remarks>
public static class UnderStorageFactory
{
    /// <param name="uri">Where the files are.</param>
    /// <param name="time">Clock and timers.</param>
    /// <exception cref="CacheException">InvalidArgument: unknown scheme, no such directory.</exception>
    public static IUnderStorage Create(string uri, TimeProvider time)
    {
        int colon = uri.IndexOf("://", StringComparison.Ordinal);
        return (colon < 0 ? "" : uri[..colon].ToLowerInvariant()) switch
        {
            "file" => new LocalUnderStorage(LocalPathOf(uri), time),
            "mem" when uri.Length > colon + 3 => new MemoryUnderStorage(uri[(colon + 3)..].TrimEnd('/'), time),
            "mem" => throw Invalid($"'{uri}' has no name; write mem://name."),
            _ => throw Invalid($"'{uri}' is not an under storage known here; write file:///path or mem://name."),
        };
    }

    /// <summary>The directory that a <c>file://</c> URI names.</summary>
    /// <exception cref="CacheException">InvalidArgument.</exception>
    public static string LocalPathOf(string uri)
    {
        string rest = uri["file://".Length..];
        int slash = rest.IndexOf('/');
        if (slash < 0 || rest[..slash] is not ("" or "localhost"))
            throw Invalid($"'{uri}' names no directory of this machine; write file:///path with three slashes.");
        return Decode(rest[slash..]) ?? throw Invalid($"'{uri}' holds escapes that are no valid UTF-8 name, or a NUL.");
    }

    private static string? Decode(string path)
    {
        byte[] raw = Encoding.UTF8.GetBytes(path);
        int length = 0;
        for (int i = 0; i < raw.Length; i++, length++)
        {
            bool escaped = raw[i] == '%' && i + 2 < raw.Length && char.IsAsciiHexDigit((char)raw[i + 1]) && char.IsAsciiHexDigit((char)raw[i + 2]);
            raw[length] = escaped ? byte.Parse(raw.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : raw[i];
            i += escaped ? 2 : 0;
        }
        ReadOnlySpan<byte> decoded = raw.AsSpan(0, length);
        return Utf8.IsValid(decoded) && !decoded.Contains((byte)0) ? Encoding.UTF8.GetString(decoded) : null;
    }

    private static CacheException Invalid(string message) => new(CacheError.InvalidArgument, message);
}
