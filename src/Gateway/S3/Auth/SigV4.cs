using System.Security.Cryptography;
using System.Text;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>The arithmetic of AWS Signature Version 4. Pure; held against AWS's published examples.</summary>
internal static class SigV4
{
    public const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Hash of nothing, in hexadecimal.</summary>
    public const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>A secret's key of one day. See <see cref="Auth.SigningKey"/> for what is signed with it.</summary>
    public static byte[] SigningKey(string secret, string date, string region, string service)
    {
        Span<byte> key = stackalloc byte[32];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes("AWS4" + secret), Encoding.UTF8.GetBytes(date), key);
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(region), key);
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(service), key);
        return HMACSHA256.HashData(key, "aws4_request"u8);
    }

    /// <summary>Signature of one chunk of a body, which the one before it is part of.</summary>
    public static string SignChunk(byte[] key, string date, string scope, string previous, ReadOnlySpan<byte> hash) =>
        Sign(key, $"{Algorithm}-PAYLOAD\n{date}\n{scope}\n{previous}\n{EmptyHash}\n{Convert.ToHexStringLower(hash)}");

    /// <summary>Signature of the trailing headers.</summary>
    public static string SignTrailer(byte[] key, string date, string scope, string previous, string trailers) =>
        Sign(key, $"{Algorithm}-TRAILER\n{date}\n{scope}\n{previous}\n{HashOf(trailers)}");

    /// <summary>Compared in a time that does not tell how much of it is right.</summary>
    public static bool AreEqual(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));

    private static string Sign(byte[] key, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
