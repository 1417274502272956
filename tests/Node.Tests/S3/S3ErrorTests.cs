using System.Net;
using System.Text;
using System.Xml.Linq;
using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>What is refused, in S3's own words.</summary>
public sealed class S3ErrorTests : IAsyncLifetime
{
    private S3Host _host = null!;
    private AmazonS3Client _client = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        AccessKey[] keys =
        [
            new(S3Host.Key, S3Host.Secret, [""], [""]), new("READER", "reads", ["data/public"], []), new("WRITER", "writes", ["data/own/"], ["data/own/"]),
        ];
        _host = await S3Host.StartAsync(null, keys, new S3Options
        {
            Buckets = [new NamedBucket("open", CachePath.Parse("/data/public"), IsPublic: true)],
            CorsOrigins = ["https://app.example.com"],
            Domains = ["s3.test"],
        });
        _client = _host.NewClient();
        _http = new HttpClient { BaseAddress = _host.Url };
        await PutAsync("public/a", "hello");
        await PutAsync("own/b", "secret");
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        _client.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Errors_are_xml_with_code_message_resource_and_request_id()
    {
        using HttpResponseMessage answer = await _http.GetAsync("data/own/b");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("application/xml", answer.Content.Headers.ContentType?.MediaType);
        XElement error = XDocument.Parse(await answer.Content.ReadAsStringAsync()).Root!;
        Assert.Equal("Error", error.Name.LocalName);
        Assert.Equal("AccessDenied", error.Element("Code")!.Value);
        Assert.NotEmpty(error.Element("Message")!.Value);
        Assert.Equal("/data/own/b", error.Element("Resource")!.Value);
        Assert.Equal(Assert.Single(answer.Headers.GetValues("x-amz-request-id")), error.Element("RequestId")!.Value);
    }

    [Fact]
    public async Task Keys_may_do_what_their_prefixes_say_and_no_more()
    {
        using AmazonS3Client reader = _host.NewClient("READER", "reads"), writer = _host.NewClient("WRITER", "writes");
        Assert.Equal("hello", await TextAsync(reader, "data", "public/a"));
        await RefusedAsync("AccessDenied", () => reader.GetObjectAsync("data", "own/b"));
        await RefusedAsync("AccessDenied", () => reader.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "public/c", ContentBody = "x" }));
        await RefusedAsync("AccessDenied", () => reader.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "data" }));
        Assert.Single((await reader.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "data", Prefix = "public" })).S3Objects);
        await writer.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "own/c", ContentBody = "x" });
        await RefusedAsync("AccessDenied", () => writer.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "owner", ContentBody = "x" }));
        await RefusedAsync("AccessDenied", () => writer.CopyObjectAsync("data", "public/a", "data", "own/copy"));
        DeleteObjectsException some = await Assert.ThrowsAsync<DeleteObjectsException>(() => writer.DeleteObjectsAsync(
            new DeleteObjectsRequest { BucketName = "data", Objects = [new KeyVersion { Key = "own/c" }, new KeyVersion { Key = "public/a" }] }));
        Assert.Equal("own/c", Assert.Single(some.Response.DeletedObjects).Key);
        Assert.Equal("AccessDenied", Assert.Single(some.Response.DeleteErrors).Code);
    }

    [Fact]
    public async Task A_public_bucket_may_be_read_without_a_key_and_nothing_else()
    {
        Assert.Equal("hello", await _http.GetStringAsync("open/a"));
        Assert.Contains("<Key>a</Key>", await _http.GetStringAsync("open?list-type=2"), StringComparison.Ordinal);
        Assert.Equal("AccessDenied", await CodeAsync(HttpMethod.Put, "open/b", "x"));
        Assert.Equal("AccessDenied", await CodeAsync(HttpMethod.Get, "data/public/a"));
        Assert.Equal("AccessDenied", await CodeAsync(HttpMethod.Delete, "open/a"));
    }

    [Fact]
    public async Task A_host_below_the_domain_names_the_bucket()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "a") { Headers = { Host = "open.s3.test:9" } };
        using HttpResponseMessage answer = await _http.SendAsync(request);
        Assert.Equal("hello", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task What_is_missing_and_what_is_not_done_here_is_told_apart()
    {
        await RefusedAsync("NoSuchKey", () => _client.GetObjectAsync("data", "nothing"));
        await RefusedAsync("NoSuchKey", () => _client.GetObjectAsync("data", "own"));
        await RefusedAsync("NoSuchKey", () => _client.GetObjectAsync("data", "own/b/c"));
        await RefusedAsync("NoSuchBucket", () => _client.GetObjectAsync("nowhere", "a"));
        await RefusedAsync("NoSuchBucket", () => _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "nowhere" }));
        await RefusedAsync("NoSuchBucket", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "nowhere", Key = "a", ContentBody = "x" }));
        await RefusedAsync("NoSuchUpload", () => _client.ListPartsAsync("data", "a", "0123"));
        await RefusedAsync("NoSuchUpload", () => _client.AbortMultipartUploadAsync("data", "a", "../../own"));
        await RefusedAsync("NotImplemented", () => _client.GetBucketPolicyAsync("data"));
        await RefusedAsync("NotImplemented", () => _client.PutLifecycleConfigurationAsync("data", new LifecycleConfiguration { Rules = [] }));
        await RefusedAsync("NotImplemented", () => _client.PutObjectAsync(new PutObjectRequest
        {
            BucketName = "data",
            Key = "enc",
            ContentBody = "x",
            ServerSideEncryptionMethod = ServerSideEncryptionMethod.AES256,
        }));
        await RefusedAsync("InvalidStorageClass", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "a", ContentBody = "x", StorageClass = S3StorageClass.Glacier }));
        await RefusedAsync("AccessControlListNotSupported", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "a", ContentBody = "x", CannedACL = S3CannedACL.PublicRead }));
    }

    [Fact]
    public async Task Keys_that_no_file_can_have_are_never_written_and_lead_nowhere()
    {
        foreach (string key in new[] { ".ocache-s3/objects/x", "own/.ocache-s3/x" })
        {
            Assert.Equal("InvalidArgument", await SignedCodeAsync(HttpVerb.PUT, key));
            Assert.Equal("NoSuchKey", await SignedCodeAsync(HttpVerb.GET, key));
        }
        await RefusedAsync("KeyTooLongError", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = new string('k', 1025), ContentBody = "x" }));
        await RefusedAsync("InvalidRequest", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "own", ContentBody = "x" }));
        await RefusedAsync("InvalidRequest", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "own/b/below", ContentBody = "x" }));
    }

    [Fact]
    public async Task Bodies_that_are_not_what_was_signed_or_said_are_not_written()
    {
        await RefusedAsync("BadDigest", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "bad", ContentBody = "x", MD5Digest = Convert.ToBase64String(new byte[16]) }));
        await RefusedAsync("BadDigest", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "bad", ContentBody = "x", ChecksumCRC32 = "AAAAAA==" }));
        // Presigned, so that the body can be another one than was signed.
        using var request = new HttpRequestMessage(HttpMethod.Put, Presigned("bad", HttpVerb.PUT)) { Content = new StringContent("x") };
        request.Content.Headers.TryAddWithoutValidation("Content-MD5", "not base 64");
        using HttpResponseMessage answer = await _http.SendAsync(request);
        Assert.Contains("<Code>InvalidDigest</Code>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await RefusedAsync("NoSuchKey", () => _client.GetObjectAsync("data", "bad"));
    }

    [Fact]
    public async Task Wrong_secrets_regions_and_keys_are_told_apart()
    {
        using AmazonS3Client secret = _host.NewClient(secret: "wrong"), region = _host.NewClient(region: "eu-west-1"), unknown = _host.NewClient("NOBODY");
        await RefusedAsync("SignatureDoesNotMatch", () => secret.GetObjectAsync("data", "own/b"));
        await RefusedAsync("AuthorizationHeaderMalformed", () => region.GetObjectAsync("data", "own/b"));
        await RefusedAsync("InvalidAccessKeyId", () => unknown.GetObjectAsync("data", "own/b"));
    }

    [Fact]
    public async Task Browsers_of_the_configured_origin_may_ask()
    {
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "open/a");
        preflight.Headers.Add("Origin", "https://app.example.com");
        preflight.Headers.Add("Access-Control-Request-Method", "GET");
        using HttpResponseMessage allowed = await _http.SendAsync(preflight);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        Assert.Equal("https://app.example.com", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));
        // Names of user metadata differ, and a star within a name is none to a browser.
        Assert.Contains("*", string.Join(',', allowed.Headers.GetValues("Access-Control-Expose-Headers")).Split(',', StringSplitOptions.TrimEntries));
        using var other = new HttpRequestMessage(HttpMethod.Options, "open/a");
        other.Headers.Add("Origin", "https://evil.example.com");
        using HttpResponseMessage refused = await _http.SendAsync(other);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(["https://app.example.com"], (await _client.GetCORSConfigurationAsync("data")).Configuration.Rules.Single().AllowedOrigins);
    }

    private string Presigned(string key, HttpVerb verb) => _client.GetPreSignedURL(new GetPreSignedUrlRequest
    {
        BucketName = "data",
        Key = key,
        Verb = verb,
        Expires = DateTime.UtcNow.AddMinutes(5),
        Protocol = Protocol.HTTP,
    });

    /// <summary>By a presigned URL whose path is sent as it is: clients' libraries resolve dots.</summary>
    private async Task<string> SignedCodeAsync(HttpVerb verb, string key)
    {
        string path = "/data/" + string.Join('/', key.Split('/').Select(Uri.EscapeDataString));
        string date = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        string scope = $"{date[..8]}/us-east-1/s3/aws4_request";
        var headers = new Microsoft.AspNetCore.Http.HeaderDictionary { ["Host"] = _host.Url.Authority, ["x-amz-date"] = date, ["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD" };
        const string Signed = "host;x-amz-content-sha256;x-amz-date";
        string signature = TestSignature.Sign(
            SigV4.SigningKey(S3Host.Secret, date[..8], "us-east-1", "s3"), date, scope, TestSignature.CanonicalOf(verb.ToString(), path, [], headers, Signed, "UNSIGNED-PAYLOAD"));
        using Hostile.RawConnection connection = await Hostile.RawConnection.OpenAsync(_host.Url);
        await connection.SendAsync(
            $"{verb} {path} HTTP/1.1\r\nHost: {_host.Url.Authority}\r\nx-amz-date: {date}\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\nContent-Length: 0\r\nConnection: close\r\n"
            + $"Authorization: AWS4-HMAC-SHA256 Credential={S3Host.Key}/{scope},SignedHeaders={Signed},Signature={signature}\r\n\r\n");
        string answer = Encoding.Latin1.GetString(await connection.ReadToEndAsync());
        int code = answer.IndexOf("<Code>", StringComparison.Ordinal);
        return code < 0 ? answer : answer[(code + 6)..answer.IndexOf("</Code>", StringComparison.Ordinal)];
    }

    private async Task<string> CodeAsync(HttpMethod method, string target, string? body = null)
    {
        using var request = new HttpRequestMessage(method, target) { Content = body is null ? null : new StringContent(body) };
        using HttpResponseMessage answer = await _http.SendAsync(request);
        return XDocument.Parse(await answer.Content.ReadAsStringAsync()).Root!.Element("Code")!.Value;
    }

    private Task<PutObjectResponse> PutAsync(string key, string text) => _client.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = key, ContentBody = text });

    private static async Task<string> TextAsync(AmazonS3Client client, string bucket, string key)
    {
        using GetObjectResponse answer = await client.GetObjectAsync(bucket, key);
        using var reader = new StreamReader(answer.ResponseStream);
        return await reader.ReadToEndAsync();
    }

    private static async Task RefusedAsync(string code, Func<Task> call) => Assert.Equal(code, (await Assert.ThrowsAnyAsync<AmazonS3Exception>(call)).ErrorCode);
}
