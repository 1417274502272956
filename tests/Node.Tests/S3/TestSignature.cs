using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Auth;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Signs as a client does, with nothing of the server's but the canonical text, which AWS's published examples hold.</summary>
internal static class TestSignature
{
    public static string CanonicalOf(string method, string path, IReadOnlyList<KeyValuePair<string, string>> query, IHeaderDictionary headers, string signedHeaders, string payload)
    {
        var text = new Utf8Text(stackalloc byte[16]);
        CanonicalText.Append(ref text, method, path, query, headers, signedHeaders, payload);
        string made = text.ToString();
        text.Dispose();
        return made;
    }

    public static string Sign(byte[] key, string date, string scope, string canonical) => Convert.ToHexStringLower(HMACSHA256.HashData(
        key, Encoding.UTF8.GetBytes($"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}")));
}
