using System.Buffers;
using System.Text;

namespace Orleans.Cache.Gateway.Rest.Targets;

/// <summary>
/// Percent-decoding, once and strictly: bad escapes and bytes that are not UTF-8 are refused instead of replaced, because a
/// replaced character names another file.
/// </summary>
internal static class PercentCoding
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Decodes a part of a request target's path. A plus is a plus. An encoded slash is refused: no name in the namespace can
    /// hold one, and decoding it would let a client's escaped name reach another directory.
    /// </summary>
    /// <exception cref="CacheException">InvalidPath, naming what is wrong.</exception>
    public static string DecodePath(ReadOnlySpan<char> text) =>
        text.Contains('%') ? Decode(text, plusIsSpace: false, refuseSlash: true) : text.ToString();

    /// <summary>Decodes a query value as HTML forms and client libraries write them: a plus is a space, and %2F a slash.</summary>
    /// <exception cref="CacheException">InvalidPath, naming what is wrong.</exception>
    public static string DecodeQuery(ReadOnlySpan<char> text) =>
        text.ContainsAny('%', '+') ? Decode(text, plusIsSpace: true, refuseSlash: false) : text.ToString();

    /// <summary>Decodes a value that was formatted into a URL as it is: a plus is a plus, and %2F a slash.</summary>
    /// <exception cref="CacheException">InvalidPath, naming what is wrong.</exception>
    public static string DecodeRaw(ReadOnlySpan<char> text) =>
        text.Contains('%') ? Decode(text, plusIsSpace: false, refuseSlash: false) : text.ToString();

    private static string Decode(ReadOnlySpan<char> text, bool plusIsSpace, bool refuseSlash)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(StrictUtf8.GetMaxByteCount(text.Length));
        try
        {
            int length = 0;
            for (int i = 0; i < text.Length;)
            {
                if (text[i] == '%')
                {
                    rented[length++] = Escaped(text, i, refuseSlash);
                    i += 3;
                    continue;
                }
                int run = NextPercent(text[i..]);
                length += StrictUtf8.GetBytes(text.Slice(i, run), rented.AsSpan(length));
                if (plusIsSpace)
                    rented.AsSpan(length - run, run).Replace((byte)'+', (byte)' ');
                i += run;
            }
            return StrictUtf8.GetString(rented, 0, length);
        }
        catch (ArgumentException)
        {
            throw new CacheException(CacheError.InvalidPath, $"'{text}' does not decode to valid UTF-8; percent-encode the UTF-8 bytes of the path.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int NextPercent(ReadOnlySpan<char> text)
    {
        int at = text.IndexOf('%');
        return at < 0 ? text.Length : at;
    }

    private static byte Escaped(ReadOnlySpan<char> text, int at, bool refuseSlash)
    {
        if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
            throw new CacheException(CacheError.InvalidPath, $"'{text}' holds a '%' without two hexadecimal digits; write a literal per cent sign as %25.");
        byte value = (byte)((Digit(text[at + 1]) << 4) | Digit(text[at + 2]));
        if (value == '/' && refuseSlash)
            throw new CacheException(CacheError.InvalidPath, $"'{text}' holds an encoded slash (%2F), which no name can hold; write '/' between directories.");
        return value;
    }

    private static int Digit(char hex) => char.IsAsciiDigit(hex) ? hex - '0' : (hex | 0x20) - 'a' + 10;
}
