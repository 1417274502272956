using System.Net;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Identity;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Requests that are answered and must not do what they seem to ask for, or not to everybody.</summary>
public sealed class S3SafetyTests
{
    [Fact]
    public async Task A_bucket_that_seemed_empty_keeps_what_came_meanwhile()
    {
        await using S3Host host = await StartAsync();
        using AmazonS3Client client = host.NewClient();
        await host.Storage.CreateDirectoryAsync("sub/deep", default);
        Assert.Empty((await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "sub" })).S3Objects ?? []);
        await host.Storage.CreateAsync("sub/deep/new", new MemoryStream([1, 2, 3]), WriteCondition.None, default);

        AmazonS3Exception refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => client.DeleteBucketAsync("sub"));
        Assert.Equal("BucketNotEmpty", refused.ErrorCode);
        Assert.Equal(3, (await host.Storage.GetStatusAsync("sub/deep/new", default))!.Length);

        await client.DeleteObjectAsync("sub", "deep/new");
        await host.Storage.CreateDirectoryAsync("sub/left/over", default);
        await host.Files.FreeAsync(CachePath.Parse("/data"), recursive: true, default);
        await client.DeleteBucketAsync("sub");
        Assert.Null(await host.Storage.GetStatusAsync("sub", default));
        Assert.Equal("AccessDenied", (await Assert.ThrowsAsync<AmazonS3Exception>(() => client.DeleteBucketAsync("data"))).ErrorCode);
    }

    [Fact]
    public async Task A_delete_of_a_version_that_is_not_there_or_under_a_condition_deletes_nothing()
    {
        await using S3Host host = await StartAsync();
        using AmazonS3Client client = host.NewClient();
        foreach (string key in (string[])["a", "b", "c"])
            await client.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = key, ContentBody = key });

        DeleteObjectsException some = await Assert.ThrowsAsync<DeleteObjectsException>(() => client.DeleteObjectsAsync(new DeleteObjectsRequest
        {
            BucketName = "data",
            Objects = [new KeyVersion { Key = "a", VersionId = "other" }, new KeyVersion { Key = "b", ETag = "\"other\"" }, new KeyVersion { Key = "c", VersionId = "null" }],
        }));

        Assert.Equal(["NoSuchVersion", "PreconditionFailed"], some.Response.DeleteErrors.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Code));
        Assert.Equal(["a", "b"], (await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "data" })).S3Objects.Select(o => o.Key));
    }

    [Fact]
    public async Task Where_no_keys_are_needed_pages_of_other_origins_write_nothing()
    {
        await using S3Host host = await StartAsync(keys: []);
        using var http = new HttpClient { BaseAddress = host.Url };
        Assert.Equal(HttpStatusCode.OK, await SendAsync(HttpMethod.Put, "data/a", "x", origin: null));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Post, "data?delete", "<Delete><Object><Key>a</Key></Object></Delete>", "https://evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Put, "data/a", "y", "null"));
        Assert.Equal("x", await http.GetStringAsync("data/a"));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(HttpMethod.Put, "data/a", "z", "https://app.example.com"));

        async Task<HttpStatusCode> SendAsync(HttpMethod method, string target, string body, string? origin)
        {
            using var request = new HttpRequestMessage(method, target) { Content = new StringContent(body) };
            if (origin is not null)
                request.Headers.Add("Origin", origin);
            using HttpResponseMessage answer = await http.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Tags_without_quotes_are_compared_and_headers_beyond_ASCII_come_back_encoded()
    {
        await using S3Host host = await StartAsync(keys: []);
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 }) { BaseAddress = host.Url };
        using var put = new HttpRequestMessage(HttpMethod.Put, "data/a") { Content = new StringContent("hello") };
        put.Content.Headers.TryAddWithoutValidation("Content-Disposition", "attachment; filename=\"\u00e9.pdf\"");
        using HttpResponseMessage written = await http.SendAsync(put);
        string tag = written.Headers.ETag!.Tag.Trim('"');

        Assert.Equal(HttpStatusCode.OK, await GetAsync("If-Match", tag));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await GetAsync("If-Match", "0" + tag));
        Assert.Equal(HttpStatusCode.NotModified, await GetAsync("If-None-Match", tag));
        using HttpResponseMessage read = await http.GetAsync("data/a");
        Assert.Equal("hello", await read.Content.ReadAsStringAsync());
        Assert.StartsWith("=?UTF-8?B?", read.Content.Headers.NonValidated["Content-Disposition"].ToString(), StringComparison.Ordinal);

        async Task<HttpStatusCode> GetAsync(string condition, string value)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "data/a");
            request.Headers.TryAddWithoutValidation(condition, value);
            using HttpResponseMessage answer = await http.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task What_is_public_is_anybody_s_to_read_but_nobody_s_to_dress_up()
    {
        await using S3Host host = await StartAsync([new(S3Host.Key, S3Host.Secret, [""], [""]), new("WRITER", "writes", ["data/own/"], ["data/own/"])]);
        using AmazonS3Client owner = host.NewClient(), other = host.NewClient("WRITER", "writes");
        using var http = new HttpClient { BaseAddress = host.Url };
        await owner.PutObjectAsync(new PutObjectRequest { BucketName = "data", Key = "public/a", ContentBody = "<script>" });

        Assert.Equal("<script>", await http.GetStringAsync("open/a"));
        using GetObjectResponse signed = await other.GetObjectAsync("open", "a");
        Assert.Equal(8, signed.ContentLength);
        using HttpResponseMessage dressed = await http.GetAsync("open/a?response-content-type=text/html");
        Assert.Equal(HttpStatusCode.BadRequest, dressed.StatusCode);
        Assert.Contains("<Code>InvalidRequest</Code>", await dressed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_was_begun_again_still_tells_the_browser_that_the_page_may_see_it()
    {
        await using var storage = new ChangingStorage();
        await using S3Host host = await StartAsync(keys: [], storage);
        using var http = new HttpClient { BaseAddress = host.Url };
        await storage.CreateAsync("a", new MemoryStream("x"u8.ToArray()), WriteCondition.None, default);
        using var request = new HttpRequestMessage(HttpMethod.Get, "data/a") { Headers = { { "Origin", "https://app.example.com" } } };
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal("x", await answer.Content.ReadAsStringAsync());
        Assert.True(storage.Opens > 1);
        Assert.Equal("https://app.example.com", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("Origin", Assert.Single(answer.Headers.Vary));
        Assert.True(answer.Headers.Contains("x-amz-request-id"));
    }

    /// <summary>Memory of which whoever opens a file first is told that it has changed.</summary>
    private sealed class ChangingStorage() : DelegatingUnderStorage(UnderStorageFactory.Create("mem://changing", TimeProvider.System))
    {
        public int Opens { get; private set; }

        public override ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken) =>
            Opens++ == 0 ? throw CacheException.Changed(key) : base.OpenReadAsync(key, version, offset, length, cancellationToken);
    }

    private static Task<S3Host> StartAsync(IReadOnlyList<AccessKey>? keys = null, IUnderStorage? storage = null) => S3Host.StartAsync(storage, keys, new S3Options
    {
        Buckets = [new NamedBucket("open", CachePath.Parse("/data/public"), IsPublic: true), new NamedBucket("sub", CachePath.Parse("/data/sub"), IsPublic: false)],
        CorsOrigins = ["https://app.example.com"],
    });
}
