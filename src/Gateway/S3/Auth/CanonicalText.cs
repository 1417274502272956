using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>
/// The text of a request that is signed (AWS Signature Version 4, "Create a canonical request"). S3 encodes paths once and leaves dots
/// and doubled slashes alone. Pure.
/// </summary>
internal static class CanonicalText
{
    private const string Hex = "0123456789ABCDEF";

    /// <param name="method">GET, PUT ...</param>
    /// <param name="path">Path part of the target as it was sent.</param>
    /// <param name="query">Decoded; X-Amz-Signature is left out.</param>
    /// <param name="headers">Of the request.</param>
    /// <param name="signedHeaders">Names as the signature lists them, joined by ';'.</param>
    /// <param name="payloadHash">Value of x-amz-content-sha256, or what stands for it.</param>
    public static string Of(
        string method, string path, IReadOnlyList<KeyValuePair<string, string>> query, IHeaderDictionary headers, string signedHeaders, string payloadHash)
    {
        var text = new StringBuilder(512);
        text.Append(method).Append('\n');
        AppendPath(text, path);
        text.Append('\n');
        AppendQuery(text, query);
        text.Append('\n');
        foreach (Range name in signedHeaders.AsSpan().Split(';'))
        {
            string header = signedHeaders[name];
            text.Append(header).Append(':');
            AppendValue(text, headers[header]);
            text.Append('\n');
        }
        return text.Append('\n').Append(signedHeaders).Append('\n').Append(payloadHash).ToString();
    }

    /// <summary>RFC 3986's unreserved characters stand for themselves, every other byte is %XX.</summary>
    public static void AppendEncoded(StringBuilder text, ReadOnlySpan<char> value, bool keepSlash)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in value.EnumerateRunes())
        {
            if (rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value is '-' or '.' or '_' or '~' || (keepSlash && rune.Value == '/')))
            {
                text.Append((char)rune.Value);
                continue;
            }
            int length = rune.EncodeToUtf8(utf8);
            foreach (byte one in utf8[..length])
                text.Append('%').Append(Hex[one >> 4]).Append(Hex[one & 15]);
        }
    }

    /// <summary>Decoded and encoded again: clients differ in what they leave as it is, and sign what S3 makes of it.</summary>
    private static void AppendPath(StringBuilder text, string path)
    {
        if (path.AsSpan().ContainsAnyExcept(PlainPath))
            AppendEncoded(text, Requests.S3Target.Decode(path), keepSlash: true);
        else
            text.Append(path);
    }

    private static void AppendQuery(StringBuilder text, IReadOnlyList<KeyValuePair<string, string>> query)
    {
        if (query.Count == 0)
            return;
        var pairs = new List<(string Name, string Value)>(query.Count);
        foreach ((string name, string value) in query)
        {
            if (name != SignatureQuery.Signature)
                pairs.Add((Encoded(name), Encoded(value)));
        }
        pairs.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name) is not 0 and var byName ? byName : string.CompareOrdinal(a.Value, b.Value));
        for (int i = 0; i < pairs.Count; i++)
            text.Append(i == 0 ? "" : "&").Append(pairs[i].Name).Append('=').Append(pairs[i].Value);
    }

    private static string Encoded(string value)
    {
        var text = new StringBuilder(value.Length + 16);
        AppendEncoded(text, value, keepSlash: false);
        return text.ToString();
    }

    /// <summary>Trimmed, runs of spaces as one, several values joined by commas.</summary>
    private static void AppendValue(StringBuilder text, in StringValues values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (i > 0)
                text.Append(',');
            ReadOnlySpan<char> value = values[i].AsSpan().Trim();
            bool space = false;
            foreach (char c in value)
            {
                if (c != ' ' || !space)
                    text.Append(c);
                space = c == ' ';
            }
        }
    }

    private static readonly System.Buffers.SearchValues<char> PlainPath =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/");
}
