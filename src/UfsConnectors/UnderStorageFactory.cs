using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Orleans.Cache.UfsConnectors.AzureBlob;
using Orleans.Cache.UfsConnectors.Local;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UfsConnectors.S3;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors;

/// <summary>
/// Makes the connector that a mount's URI names: <c>file:///path</c>, <c>mem://name</c>,
/// <c>s3://bucket/prefix</c> or <c>az://container/prefix</c>.
/// </summary>
/// <remarks>
/// In <c>file://</c> URIs, <c>%XX</c> with two hexadecimal digits stands for that byte of a UTF-8 name; every other character,
/// among them space, <c>+</c>, <c>?</c>, <c>#</c> and a lone <c>%</c>, stands for itself, so that <c>file:///my data</c> and
/// <c>file:///my%20data</c> are the same directory. A directory really called <c>my%20data</c> is written <c>my%2520data</c>.
/// <c>file://localhost/path</c> is accepted; another host is not.
/// </remarks>
public static class UnderStorageFactory
{
    private static readonly string[] Secrets = ["access-key", "secret-key", "session-token", "key", "sas", "connection-string"];

    private const string Forms = "write file:///path, mem://name, s3://bucket/prefix or az://container/prefix";

    /// <param name="uri">Where the files are.</param>
    /// <param name="time">Clock and timers.</param>
    /// <exception cref="CacheException">InvalidArgument: unknown scheme, no such directory.</exception>
    public static IUnderStorage Create(string uri, TimeProvider time) => Create(uri, ConnectorOptions.None, time);

    /// <param name="uri">Where the files are.</param>
    /// <param name="options">What the connector is told beyond that.</param>
    /// <param name="time">Clock and timers.</param>
    /// <exception cref="CacheException">InvalidArgument: unknown scheme, no such directory, options that do not fit.</exception>
    public static IUnderStorage Create(string uri, ConnectorOptions options, TimeProvider time) => SchemeOf(uri) switch
    {
        "file" => new LocalUnderStorage(LocalPathOf(uri), time),
        "mem" when uri.Length > "mem://".Length => new MemoryUnderStorage(uri["mem://".Length..].TrimEnd('/'), time),
        "mem" => throw Invalid($"'{uri}' has no name; write mem://name."),
        "s3" or "s3a" or "s3n" or "s3+http" or "s3+https" => S3Connection.Open(uri, options, time),
        "az" or "abfs" or "abfss" or "wasb" or "wasbs" => AzureConnection.Open(uri, options, time),
        _ => throw Invalid($"'{uri}' is not an under storage known here; {Forms}."),
    };

    /// <summary>Names of the options that a connector takes.</summary>
    public static IReadOnlyList<string> OptionsOf(string uri) => SchemeOf(uri) switch
    {
        "s3" or "s3a" or "s3n" or "s3+http" or "s3+https" => S3Options.Names,
        "az" or "abfs" or "abfss" or "wasb" or "wasbs" => AzureOptions.Names,
        _ => [],
    };

    /// <summary>Those of them that take no value.</summary>
    public static IReadOnlyList<string> FlagsOf(string uri) => SchemeOf(uri) switch
    {
        "s3" or "s3a" or "s3n" or "s3+http" or "s3+https" => S3Options.Flags,
        "az" or "abfs" or "abfss" or "wasb" or "wasbs" => AzureOptions.Flags,
        _ => [],
    };

    /// <summary>Whether an option says where a secret is.</summary>
    public static bool IsSecret(string option) => Secrets.Contains(option);

    private static string SchemeOf(string uri) => uri.IndexOf("://", StringComparison.Ordinal) is var colon && colon < 0 ? "" : uri[..colon].ToLowerInvariant();

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
