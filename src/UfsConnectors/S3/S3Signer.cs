using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>
/// The arithmetic of AWS Signature Version 4, for requests of S3. Pure; held against AWS's published examples and against the SDK's own signatures. What front-ends verify of others'
/// signatures is the gateway's, which this must not depend on: they share the published examples.
/// </summary>
internal static class S3Signer
{
    /// <summary>Hash of nothing.</summary>
    public const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string Terminator = "aws4_request";
    private const int DigestBytes = SHA256.HashSizeInBytes;

    /// <summary>A secret's key of one day, yyyyMMdd.</summary>
    public static byte[] KeyOf(string secret, string day, string region, string service)
    {
        Span<byte> key = stackalloc byte[DigestBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes("AWS4" + secret), Encoding.UTF8.GetBytes(day), key);
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(region), key);
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(service), key);
        return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(Terminator));
    }

    public static string HashOf(ReadOnlySpan<byte> content)
    {
        Span<byte> digest = stackalloc byte[DigestBytes];
        SHA256.HashData(content, digest);
        return Convert.ToHexStringLower(digest);
    }

    /// <summary>A key as it stands in a URL and in what is signed: RFC 3986's unreserved characters and slashes stand for themselves, every other byte is %XX.</summary>
    public static string Encoded(string name) => Uri.EscapeDataString(name).Replace("%2F", "/", StringComparison.Ordinal);

    /// <summary>Value of the Authorization header.</summary>
    /// <param name="key">Who signs, on that day.</param>
    /// <param name="date">x-amz-date: yyyyMMddTHHmmssZ.</param>
    /// <param name="method">GET, PUT ...</param>
    /// <param name="path">As it is sent, see <see cref="Encoded"/>.</param>
    /// <param name="query">As it is sent: encoded, sorted, without the question mark.</param>
    /// <param name="headers">All that are signed, by names in small letters, in their order.</param>
    /// <param name="payloadHash">Value of x-amz-content-sha256.</param>
    public static string Authorization(
        S3SigningKey key, string date, string method, string path, string query, ReadOnlySpan<KeyValuePair<string, string>> headers, string payloadHash)
    {
        Span<byte> digest = stackalloc byte[DigestBytes];
        var text = new SignedText(Characters(path, query, headers) + 256);
        text.AppendLine(method);
        text.AppendLine(path);
        text.AppendLine(query);
        foreach ((string name, string value) in headers)
        {
            text.Append(name);
            text.Append(":");
            text.AppendValue(value);
            text.AppendLine("");
        }
        text.AppendLine("");
        text.AppendNames(headers);
        text.AppendLine("");
        text.Append(payloadHash);
        SHA256.HashData(text.Written, digest);

        text.Clear();
        text.AppendLine(Algorithm);
        text.AppendLine(date);
        text.AppendLine(key.Scope);
        text.Append(Convert.ToHexStringLower(digest));
        HMACSHA256.HashData(key.Bytes, text.Written, digest);

        text.Clear();
        text.Append($"{Algorithm} Credential={key.AccessKey}/{key.Scope}, SignedHeaders=");
        text.AppendNames(headers);
        text.Append($", Signature={Convert.ToHexStringLower(digest)}");
        string authorization = Encoding.UTF8.GetString(text.Written);
        text.Dispose();
        return authorization;
    }

    /// <summary>Region and day of what a key signs.</summary>
    public static string ScopeOf(string day, string region, string service) => $"{day}/{region}/{service}/{Terminator}";

    private static int Characters(string path, string query, ReadOnlySpan<KeyValuePair<string, string>> headers)
    {
        int characters = path.Length + query.Length;
        foreach ((string name, string value) in headers)
            characters += (2 * name.Length) + value.Length + 4;
        return characters;
    }

    /// <summary>Text that is made to be hashed, in a rented buffer.</summary>
    /// <param name="characters">No text is longer.</param>
    private ref struct SignedText(int characters)
    {
        private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(characters));
        private int _length;

        public readonly ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

        public void Append(ReadOnlySpan<char> text) => _length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length));

        public void AppendLine(ReadOnlySpan<char> text)
        {
            Append(text);
            _bytes[_length++] = (byte)'\n';
        }

        /// <summary>Trimmed, runs of spaces as one.</summary>
        public void AppendValue(ReadOnlySpan<char> value)
        {
            value = value.Trim();
            for (int run; (run = value.IndexOf("  ")) >= 0; value = value[(run + 1)..].TrimStart(' '))
                Append(value[..(run + 1)]);
            Append(value);
        }

        public void AppendNames(ReadOnlySpan<KeyValuePair<string, string>> headers)
        {
            for (int i = 0; i < headers.Length; i++)
            {
                if (i > 0)
                    Append(";");
                Append(headers[i].Key);
            }
        }

        public void Clear() => _length = 0;

        public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
    }
}
