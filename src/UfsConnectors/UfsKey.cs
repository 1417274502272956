using System.Text;
using System.Text.Unicode;

namespace Orleans.Cache.UfsConnectors;

/// <summary>
/// What a key may be here: components without ".", "..", NUL and lone surrogates. A file reference, and with it a key, may come
/// from a client, so this is checked at every call; the kernel's resolution beneath the root is the second lock.
/// </summary>
internal static class UfsKey
{
    /// <summary>Names of files that are being written. Listings leave them out and keys may not use them.</summary>
    public const string TemporaryPrefix = ".ocache-tmp-";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Require(string key)
    {
        if (key.Length > 0 && !IsValid(key.AsSpan()))
            throw new CacheException(CacheError.InvalidPath, $"'{key}' is not a key: write names joined by single slashes, valid Unicode, "
                + $"without '.', '..', NUL and without names that start with '{TemporaryPrefix}'.");
    }

    /// <summary>A key that may be written; the root may not.</summary>
    public static void RequireEntry(string key)
    {
        Require(key);
        if (key.Length == 0)
            throw new CacheException(CacheError.InvalidArgument, "The root of a mount cannot be replaced, renamed or deleted; name an entry in it.");
    }

    /// <summary>Whether one component of a name that an under storage lists can stand in a key; others are left out of listings.</summary>
    public static bool IsName(ReadOnlySpan<char> name) => !name.Contains('/') && IsValid(name);

    public static string ParentOf(string key) => key.LastIndexOf('/') is var slash && slash < 0 ? "" : key[..slash];

    public static string NameOf(string key) => key[(key.LastIndexOf('/') + 1)..];

    public static string Join(string directory, string name) => directory.Length == 0 ? name : directory + '/' + name;

    /// <summary>The text of a raw name; null where it is not valid UTF-8, so that no two names look alike.</summary>
    public static string? Decode(ReadOnlySpan<byte> name) =>
        Utf8.IsValid(name) ? Encoding.UTF8.GetString(name) : null;

    private static bool IsValid(ReadOnlySpan<char> key)
    {
        if (key.Contains('\0'))
            return false;
        foreach (Range range in key.Split('/'))
        {
            ReadOnlySpan<char> name = key[range];
            if (name is "" or "." or ".." || name.StartsWith(TemporaryPrefix, StringComparison.Ordinal))
                return false;
        }
        try
        {
            return StrictUtf8.GetByteCount(key) > 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
