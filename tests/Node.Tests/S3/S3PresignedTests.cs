using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Auth;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Presigned URLs with headers in their query, as the SDKs of JavaScript and Go write them; that of .NET does not.</summary>
public sealed class S3PresignedTests : IAsyncLifetime
{
    private S3Host _host = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _host = await S3Host.StartAsync();
        _http = new HttpClient { BaseAddress = _host.Url };
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task What_the_query_says_of_the_object_is_kept()
    {
        // The checksum is that of no bytes: the JavaScript SDK signs it before anybody knows the body.
        using HttpResponseMessage put = await PutAsync("a", "hello",
            ("X-Amz-Meta-Who", "me"), ("x-amz-tagging", "a=b"), ("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-sdk-checksum-algorithm", "CRC32"));
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        using HttpResponseMessage got = await _http.GetAsync(Url("GET", "a", []));
        Assert.Equal("hello", await got.Content.ReadAsStringAsync());
        Assert.Equal("me", Assert.Single(got.Headers.GetValues("x-amz-meta-who")));
        Assert.Equal("1", Assert.Single(got.Headers.GetValues("x-amz-tagging-count")));
    }

    [Fact]
    public async Task A_copy_copies()
    {
        await PutAsync("from", "content");
        using HttpResponseMessage copied = await PutAsync("to", "", ("x-amz-copy-source", "data/from"));
        Assert.Equal(HttpStatusCode.OK, copied.StatusCode);
        Assert.Equal("content", await _http.GetStringAsync(Url("GET", "to", [])));
    }

    [Theory]
    [InlineData("x-amz-acl", "public-read", "AccessControlListNotSupported")]
    [InlineData("x-amz-server-side-encryption", "AES256", "NotImplemented")]
    [InlineData("x-amz-meta-no name", "x", "InvalidRequest")]
    public async Task What_cannot_be_kept_is_refused(string name, string value, string code)
    {
        using HttpResponseMessage refused = await PutAsync("refused", "x", (name, value));
        Assert.Contains($"<Code>{code}</Code>", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Null(await _host.Storage.GetStatusAsync("refused", default));
    }

    private Task<HttpResponseMessage> PutAsync(string key, string content, params (string Name, string Value)[] also) =>
        _http.PutAsync(Url("PUT", key, also), new StringContent(content));

    private string Url(string method, string key, (string Name, string Value)[] also)
    {
        string date = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture), scope = $"{date[..8]}/us-east-1/s3/aws4_request", path = "/data/" + key;
        KeyValuePair<string, string>[] query =
        [
            new("X-Amz-Algorithm", SigV4.Algorithm), new("X-Amz-Credential", $"{S3Host.Key}/{scope}"), new("X-Amz-Date", date), new("X-Amz-Expires", "60"), new("X-Amz-SignedHeaders", "host"),
            .. also.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)),
        ];
        var headers = new HeaderDictionary { ["Host"] = _host.Url.Authority };
        string signature = TestSignature.Sign(
            SigV4.SigningKey(S3Host.Secret, date[..8], "us-east-1", "s3"), date, scope, TestSignature.CanonicalOf(method, path, query, headers, "host", "UNSIGNED-PAYLOAD"));
        return $"{path}?{string.Join('&', query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"))}&X-Amz-Signature={signature}";
    }
}
