using System.Globalization;
using System.Text;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>
/// Names of the cache as names of local files. Both are components without '/' and NUL, but a local one has at most 255 bytes: a longer name is
/// shown as its beginning, "~", and 16 hexadecimal digits of its hash. Such a name is found again by looking through its directory.
/// </summary>
internal static class PosixNames
{
    /// <summary>NAME_MAX of Linux.</summary>
    public const int MaxBytes = 255;

    private const int HashDigits = 16;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The bytes that programs see.</summary>
    public static byte[] Show(string name)
    {
        byte[] bytes = Strict.GetBytes(name);
        if (bytes.Length <= MaxBytes)
            return bytes;
        int kept = MaxBytes - HashDigits - 1;
        // Not in the middle of a character: continuation bytes are 10xxxxxx.
        while ((bytes[kept] & 0xC0) == 0x80)
            kept--;
        return [.. bytes.AsSpan(0, kept), (byte)'~', .. Encoding.ASCII.GetBytes(HashOf(bytes).ToString("x16", CultureInfo.InvariantCulture))];
    }

    /// <summary>The path that a name in a directory means as it stands; false where the cache has no such names.</summary>
    public static bool TryCombine(CachePath directory, ReadOnlySpan<byte> name, out CachePath path)
    {
        path = directory;
        try
        {
            string text = Strict.GetString(name);
            return CachePath.TryParse(directory.IsRoot ? '/' + text : directory.Value + '/' + text, out path, out _);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Whether a name may stand for a longer one.</summary>
    public static bool MayBeShortened(ReadOnlySpan<byte> name) =>
        name.Length is > MaxBytes - HashDigits - 5 and <= MaxBytes && name[^(HashDigits + 1)] == (byte)'~';

    /// <summary>FNV-1a of 64 bits: names of one directory need to differ, nothing more.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in bytes)
            hash = (hash ^ b) * 1099511628211;
        return hash;
    }
}
