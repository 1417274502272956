using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Cache.Bench.Servers;

/// <summary>AWS Signature Version 4 in the headers of a GET, made once before a load, so that a client's arithmetic is not what is measured. Good for 15 minutes.</summary>
internal static class S3Signature
{
    private const string Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string Signed = "host;x-amz-content-sha256;x-amz-date";

    public static string[] HeadersOf(Uri url, string key, string secret)
    {
        string date = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string scope = $"{date[..8]}/us-east-1/s3/aws4_request";
        string canonical = $"GET\n{url.AbsolutePath}\n\nhost:{url.Authority}\nx-amz-content-sha256:{Empty}\nx-amz-date:{date}\n\n{Signed}\n{Empty}";
        byte[] signing = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (string part in scope.Split('/'))
            signing = HMACSHA256.HashData(signing, Encoding.UTF8.GetBytes(part));
        string text = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        string signature = Convert.ToHexStringLower(HMACSHA256.HashData(signing, Encoding.UTF8.GetBytes(text)));
        return [$"x-amz-date: {date}", $"x-amz-content-sha256: {Empty}", $"Authorization: AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={Signed}, Signature={signature}"];
    }
}

/// <summary>How a load proves who it is.</summary>
internal enum S3Signing
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>In headers, as all SDKs do.</summary>
    Headers,

    /// <summary>In the URL.</summary>
    Url,
}
