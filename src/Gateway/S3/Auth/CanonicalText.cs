using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>
/// The text of a request that is signed (AWS Signature Version 4, "Create a canonical request"). S3 encodes paths once and leaves dots
/// and doubled slashes alone. Pure. Made for every signed request, hence in bytes and without strings.
/// </summary>
internal static class CanonicalText
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    private static readonly SearchValues<char> PlainName = SearchValues.Create(Unreserved);
    private static readonly SearchValues<char> PlainPath = SearchValues.Create(Unreserved + "/");

    /// <param name="text">Where it goes.</param>
    /// <param name="method">GET, PUT ...</param>
    /// <param name="path">Path part of the target as it was sent.</param>
    /// <param name="query">Decoded; X-Amz-Signature is left out.</param>
    /// <param name="headers">Of the request.</param>
    /// <param name="signedHeaders">Names as the signature lists them, joined by ';'.</param>
    /// <param name="payloadHash">Value of x-amz-content-sha256, or what stands for it.</param>
    public static void Append(
        ref Utf8Text text, string method, string path, IReadOnlyList<KeyValuePair<string, string>> query, IHeaderDictionary headers,
        ReadOnlySpan<char> signedHeaders, ReadOnlySpan<char> payloadHash)
    {
        text.Append(method);
        text.Append((byte)'\n');
        AppendPath(ref text, path);
        text.Append((byte)'\n');
        if (query.Count > 0)
            AppendQuery(ref text, query);
        text.Append((byte)'\n');
        foreach (Range range in signedHeaders.Split(';'))
        {
            ReadOnlySpan<char> name = signedHeaders[range];
            text.Append(name);
            text.Append((byte)':');
            AppendValue(ref text, headers[name.ToString()]);
            text.Append((byte)'\n');
        }
        text.Append((byte)'\n');
        text.Append(signedHeaders);
        text.Append((byte)'\n');
        text.Append(payloadHash);
    }

    /// <summary>RFC 3986's unreserved characters stand for themselves, every other byte is %XX.</summary>
    public static void AppendEncoded(ref Utf8Text text, ReadOnlySpan<char> value, bool keepSlash)
    {
        SearchValues<char> plain = keepSlash ? PlainPath : PlainName;
        Span<byte> utf8 = stackalloc byte[4];
        while (!value.IsEmpty)
        {
            int run = value.IndexOfAnyExcept(plain);
            text.Append(run < 0 ? value : value[..run]);
            if (run < 0)
                return;
            // What is no valid Unicode becomes U+FFFD, as every encoder writes it.
            Rune.DecodeFromUtf16(value[run..], out Rune rune, out int consumed);
            int length = rune.EncodeToUtf8(utf8);
            foreach (byte one in utf8[..length])
            {
                text.Append((byte)'%');
                text.Append(HexDigit(one >> 4));
                text.Append(HexDigit(one & 15));
            }
            value = value[(run + consumed)..];
        }
    }

    /// <inheritdoc cref="AppendEncoded"/>
    public static string Encoded(string value, bool keepSlash)
    {
        if (!value.AsSpan().ContainsAnyExcept(keepSlash ? PlainPath : PlainName))
            return value;
        var text = new Utf8Text(stackalloc byte[256]);
        AppendEncoded(ref text, value, keepSlash);
        string encoded = text.ToString();
        text.Dispose();
        return encoded;
    }

    /// <summary>Decoded and encoded again: clients differ in what they leave as it is, and sign what S3 makes of it.</summary>
    private static void AppendPath(ref Utf8Text text, string path)
    {
        if (path.AsSpan().ContainsAnyExcept(PlainPath))
            AppendEncoded(ref text, Requests.S3Target.Decode(path), keepSlash: true);
        else
            text.Append(path);
    }

    /// <summary>Encoded, then sorted by what that gave.</summary>
    private static void AppendQuery(ref Utf8Text text, IReadOnlyList<KeyValuePair<string, string>> query)
    {
        var pairs = new (int Start, int Middle, int End)[query.Count];
        var encoded = new Utf8Text(stackalloc byte[512]);
        int count = 0;
        for (int i = 0; i < query.Count; i++)
        {
            (string name, string value) = query[i];
            if (name == SignatureQuery.Signature)
                continue;
            int start = encoded.Length;
            AppendEncoded(ref encoded, name, keepSlash: false);
            int middle = encoded.Length;
            AppendEncoded(ref encoded, value, keepSlash: false);
            pairs[count++] = (start, middle, encoded.Length);
        }
        byte[] bytes = encoded.Written.ToArray();
        encoded.Dispose();
        pairs.AsSpan(0, count).Sort((a, b) =>
            bytes.AsSpan(a.Start..a.Middle).SequenceCompareTo(bytes.AsSpan(b.Start..b.Middle)) is not 0 and var byName
                ? byName
                : bytes.AsSpan(a.Middle..a.End).SequenceCompareTo(bytes.AsSpan(b.Middle..b.End)));
        for (int i = 0; i < count; i++)
        {
            if (i > 0)
                text.Append((byte)'&');
            text.Append(bytes.AsSpan(pairs[i].Start..pairs[i].Middle));
            text.Append((byte)'=');
            text.Append(bytes.AsSpan(pairs[i].Middle..pairs[i].End));
        }
    }

    /// <summary>Trimmed, runs of spaces as one, several values joined by commas.</summary>
    private static void AppendValue(ref Utf8Text text, in StringValues values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (i > 0)
                text.Append((byte)',');
            ReadOnlySpan<char> value = values[i].AsSpan().Trim();
            for (int run; (run = value.IndexOf("  ")) >= 0; value = value[(run + 1)..].TrimStart(' '))
                text.Append(value[..(run + 1)]);
            text.Append(value);
        }
    }

    private static byte HexDigit(int value) => (byte)(value < 10 ? '0' + value : 'A' + value - 10);
}
