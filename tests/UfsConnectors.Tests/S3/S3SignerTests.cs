using System.Security.Cryptography;
using System.Text;
using Orleans.Cache.UfsConnectors.S3;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>Signatures against AWS's published examples: those of the S3 API reference ("Signature Calculations") and of the general test suite.</summary>
public sealed class S3SignerTests
{
    private const string Id = "AKIAIOSFODNN7EXAMPLE";
    private const string Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    [Theory]
    [InlineData("GET", "test.txt", "", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", "", "range=bytes=0-9")]
    [InlineData("PUT", "test$file.text", "", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd", "Welcome to Amazon S3.", "date=Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class=REDUCED_REDUNDANCY")]
    [InlineData("GET", "", "lifecycle=", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543", "")]
    [InlineData("GET", "", "max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", "")]
    public void The_examples_of_S3_are_signed_as_published(string method, string name, string query, string signature, string content, params string[] headers)
    {
        string hash = S3Signer.HashOf(Encoding.UTF8.GetBytes(content));
        string signed = Sign(Id, Secret, "20130524T000000Z", "s3", method, '/' + S3Signer.Encoded(name), query, hash,
            ["host=examplebucket.s3.amazonaws.com", "x-amz-content-sha256=" + hash, "x-amz-date=20130524T000000Z", .. headers]);
        Assert.StartsWith($"AWS4-HMAC-SHA256 Credential={Id}/20130524/us-east-1/s3/aws4_request, SignedHeaders=", signed, StringComparison.Ordinal);
        Assert.EndsWith(", Signature=" + signature, signed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "Param1=value1&Param2=value2", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    public void The_general_suite_is_signed_as_published(string method, string query, string signature) => Assert.EndsWith(
        signature,
        Sign("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830T123600Z", "service", method, "/", query, S3Signer.EmptyHash,
            ["host=example.amazonaws.com", "x-amz-date=20150830T123600Z"]),
        StringComparison.Ordinal);

    /// <summary>The suite's "get-header-value-trim": spaces around values do not count, and of several one does.</summary>
    [Fact]
    public void Spaces_in_values_are_signed_as_published() => Assert.EndsWith(
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        Sign("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830T123600Z", "service", "GET", "/", "", S3Signer.EmptyHash,
            ["host=example.amazonaws.com", "my-header1= value1", "my-header2= \"a   b   c\" ", "x-amz-date=20150830T123600Z"]),
        StringComparison.Ordinal);

    [Fact]
    public void The_hash_of_nothing_is_that() => Assert.Equal(S3Signer.EmptyHash, Convert.ToHexStringLower(SHA256.HashData([])));

    [Theory]
    [InlineData("a b/ü+c", "a%20b/%C3%BC%2Bc")]
    [InlineData("a(b)*!'", "a%28b%29%2A%21%27")]
    [InlineData("a//b/../c/./", "a//b/../c/./")]
    [InlineData("~user/%2F%2e\\", "~user/%252F%252e%5C")]
    [InlineData("😀?#\u0001\u007f", "%F0%9F%98%80%3F%23%01%7F")]
    public void Names_are_encoded_once_and_not_normalised(string name, string encoded) => Assert.Equal(encoded, S3Signer.Encoded(name));

    private static string Sign(
        string id, string secret, string date, string service, string method, string path, string query, string hash, IEnumerable<string> headers)
    {
        KeyValuePair<string, string>[] signed = [.. headers.Select(h => KeyValuePair.Create(h[..h.IndexOf('=')], h[(h.IndexOf('=') + 1)..])).OrderBy(h => h.Key, StringComparer.Ordinal)];
        string day = date[..8];
        var key = new S3SigningKey(id, secret, null, day, S3Signer.ScopeOf(day, "us-east-1", service), S3Signer.KeyOf(secret, day, "us-east-1", service));
        return S3Signer.Authorization(key, date, method, path, query, signed, hash);
    }
}
