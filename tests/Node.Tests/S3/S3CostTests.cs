using System.Security.Cryptography;
using System.Text.Json;
using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>What requests to the endpoint cost of requests to the store below it, counted between the two.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class S3CostTests : IAsyncLifetime
{
    private readonly string _bucket = "cost-" + Guid.NewGuid().ToString("N")[..12];
    private FaultProxy _proxy = null!;
    private S3Host _host = null!;
    private AmazonS3Client _client = null!;

    private string[] Sent => [.. _proxy.Requests.Select(r => r.Method)];

    public async Task InitializeAsync()
    {
        if (StorageServer.WhyMissing(StorageServer.Radosgw) is not null)
            return;
        StorageServer server = await StorageServer.SharedAsync(StorageServer.Radosgw);
        using AmazonS3Client direct = await RadosgwS3Node.NewStoreClientAsync();
        await direct.PutBucketAsync(_bucket);
        _proxy = new FaultProxy(server.Url);
        Environment.SetEnvironmentVariable("OCACHE_TEST_COST_KEY", StorageServer.Key);
        IUnderStorage storage = UnderStorageFactory.Create($"s3://{_bucket}", new ConnectorOptions
        {
            Values = new Dictionary<string, string>
            {
                ["endpoint"] = _proxy.Url.ToString(),
                ["access-key"] = "env:OCACHE_TEST_COST_KEY",
                ["secret-key"] = "env:OCACHE_TEST_COST_KEY",
                ["part-size"] = "5",
            },
            IsWritable = true,
        }, TimeProvider.System);
        await storage.CheckAsync(default);
        _host = await S3Host.StartAsync(storage);
        _client = _host.NewClient();
        await PutAsync("dir/first");
        _proxy.Requests.Clear();
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        if (_host is not null)
            await _host.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
    }

    [ServerFact]
    public async Task An_object_that_the_sdk_puts_costs_one_request_with_all_that_is_said_of_it()
    {
        await PutAsync("dir/sub/deep/object", put =>
        {
            put.ContentType = "text/plain";
            put.Headers.CacheControl = "max-age=5";
            put.Headers.ContentEncoding = "gzip";
            put.Metadata["who"] = "me";
            put.Metadata["odd"] = "two  spaces";
            put.TagSet = [new Tag { Key = "a", Value = "b c" }];
            put.ChecksumAlgorithm = ChecksumAlgorithm.SHA256;
        });
        Assert.Equal(["PUT"], Sent);
        Assert.Equal("text/plain", _proxy.Requests.Single().Header("Content-Type"));
        Assert.Equal("me", _proxy.Requests.Single().Header("x-amz-meta-who"));

        _proxy.Requests.Clear();
        GetObjectMetadataResponse head = await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest
        {
            BucketName = S3Host.Bucket,
            Key = "dir/sub/deep/object",
            ChecksumMode = ChecksumMode.ENABLED,
        });
        Assert.Equal(("text/plain", "max-age=5", "gzip"), (head.Headers.ContentType, head.CacheControl, head.ContentEncoding));
        Assert.Equal(("me", "two  spaces"), (head.Metadata["who"], head.Metadata["odd"]));
        Assert.Equal(["x-amz-meta-odd", "x-amz-meta-who"], head.Metadata.Keys.Order());
        Assert.NotNull(head.ChecksumSHA256);
        Assert.Equal(["HEAD"], Sent);
        GetObjectTaggingResponse tags = await _client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = S3Host.Bucket, Key = "dir/sub/deep/object" });
        Assert.Equal(("a", "b c"), (tags.Tagging.Single().Key, tags.Tagging.Single().Value));
        Assert.Equal(["HEAD"], Sent);
    }

    [ServerFact]
    public async Task Replacing_and_conditions_that_the_store_holds_cost_one_request_too()
    {
        await PutAsync("dir/first");
        await PutAsync("dir/new", put => put.IfNoneMatch = "*");
        Assert.Equal(["PUT", "PUT"], Sent);
        AmazonS3Exception refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync("dir/new", put => put.IfNoneMatch = "*"));
        Assert.Equal("PreconditionFailed", refused.ErrorCode);
        Assert.Equal(["PUT", "PUT", "PUT"], Sent);
    }

    [ServerFact]
    public async Task What_another_program_said_of_its_object_is_told_and_costs_one_request_also_after_a_listing()
    {
        await PutElsewhereAsync("theirs/a");
        await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = S3Host.Bucket, Prefix = "theirs/" });
        _proxy.Requests.Clear();
        await ExpectFromElsewhereTwiceAsync("theirs/a");
        Assert.Equal("/theirs/a", new Uri(_proxy.Url, _proxy.Requests.First().Target).AbsolutePath[(1 + _bucket.Length)..]);
        Assert.Single(_proxy.Requests, r => r.IsRead);
        Assert.DoesNotContain("HEAD", Sent);
        // A listing that comes later does not make it be forgotten.
        await PutAsync("theirs/b");
        Assert.Equal(2, await _host.Files.ListAsync(CachePath.Parse("/data/theirs"), recursive: false, null, default).CountAsync());
        (await _client.GetObjectAsync(S3Host.Bucket, "theirs/a")).Dispose();
        Assert.DoesNotContain("HEAD", Sent);
        Assert.Single(_proxy.Requests, r => r.IsRead);
    }

    [ServerFact]
    public async Task An_object_that_nothing_is_known_of_costs_one_GET_with_all_that_is_said_of_it()
    {
        await PutElsewhereAsync("dir/unknown");
        await ExpectFromElsewhereTwiceAsync("dir/unknown");
        Assert.Single(_proxy.Requests, r => r.IsRead);
        Assert.DoesNotContain("HEAD", Sent);
    }

    [ServerFact]
    public async Task What_does_not_fit_beside_the_bytes_is_in_a_record_and_a_change_of_it_too()
    {
        await PutAsync("big/object", put =>
        {
            put.Metadata["long"] = new string('x', 2000);
            put.TagSet = [new Tag { Key = "key", Value = "value" }];
        });
        GetObjectMetadataResponse head = await _client.GetObjectMetadataAsync(S3Host.Bucket, "big/object");
        Assert.Equal(2000, head.Metadata["long"].Length);
        Assert.Equal("value", (await _client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = S3Host.Bucket, Key = "big/object" })).Tagging.Single().Value);
        await PutAsync("dir/tagged", put => put.TagSet = [new Tag { Key = "key", Value = "value" }]);
        await _client.DeleteObjectTaggingAsync(new DeleteObjectTaggingRequest { BucketName = S3Host.Bucket, Key = "dir/tagged" });
        Assert.Empty((await _client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = S3Host.Bucket, Key = "dir/tagged" })).Tagging ?? []);
        await _client.CopyObjectAsync(new CopyObjectRequest
        {
            SourceBucket = S3Host.Bucket,
            SourceKey = "dir/tagged",
            DestinationBucket = S3Host.Bucket,
            DestinationKey = "dir/tagged",
            MetadataDirective = S3MetadataDirective.REPLACE,
        });
        Assert.Null((await _client.GetObjectMetadataAsync(S3Host.Bucket, "dir/tagged")).ChecksumSHA256);
    }

    [ServerFact]
    public async Task A_long_upload_has_the_stores_tag_and_keeps_its_checksum()
    {
        byte[] content = new byte[12 * CacheLimits.MiB];
        new Random(1).NextBytes(content);
        PutObjectResponse put = await _client.PutObjectAsync(new PutObjectRequest
        {
            BucketName = S3Host.Bucket,
            Key = "long/object",
            InputStream = new MemoryStream(content),
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
        });
        Assert.EndsWith("-3\"", put.ETag, StringComparison.Ordinal);
        GetObjectMetadataResponse head = await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = S3Host.Bucket, Key = "long/object", ChecksumMode = ChecksumMode.ENABLED });
        Assert.Equal((put.ETag, put.ChecksumCRC32), (head.ETag, head.ChecksumCRC32));
        Assert.Equal(put.ETag, (await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = S3Host.Bucket, Prefix = "long/" })).S3Objects.Single().ETag);
    }

    [ServerFact]
    public async Task Records_that_were_written_before_stores_kept_them_are_read_and_go_with_their_object()
    {
        using AmazonS3Client direct = await RadosgwS3Node.NewStoreClientAsync();
        await direct.PutObjectAsync(Direct("old/object", "old"));
        var bucket = new BucketRoot(S3Host.Bucket, CachePath.Parse("/data"));
        FileStatus status = await _host.Files.GetStatusAsync(CachePath.Parse("/data/old/object"), default);
        var record = new ObjectRecord
        {
            Key = "old/object",
            Version = status.RequireFile().Version.Token,
            ContentType = "text/old",
            Checksum = new StoredChecksum("crc32", "AAAAAA=="),
        };
        string name = RecordNames.Of(bucket, "old/object", status).Value["/data/".Length..];
        await direct.PutObjectAsync(Direct(name, JsonSerializer.Serialize(record, RecordJson.Default.ObjectRecord)));
        await _host.Files.FreeAsync(CachePath.Parse("/data"), recursive: true, default);

        GetObjectMetadataResponse head = await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = S3Host.Bucket, Key = "old/object", ChecksumMode = ChecksumMode.ENABLED });
        Assert.Equal(("text/old", "AAAAAA=="), (head.Headers.ContentType, head.ChecksumCRC32));
        await PutAsync("old/object", put => put.ContentType = "text/new");
        Assert.Equal("text/new", (await _client.GetObjectMetadataAsync(S3Host.Bucket, "old/object")).Headers.ContentType);
        Assert.Empty((await direct.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _bucket, Prefix = name })).S3Objects ?? []);
    }

    /// <summary>Past the node. This Ceph knows no chunks with checksums behind them.</summary>
    private PutObjectRequest Direct(string key, string content) =>
        new() { BucketName = _bucket, Key = key, ContentBody = content, UseChunkEncoding = false, DisableDefaultChecksumValidation = true };

    [ServerFact]
    public async Task A_content_that_goes_to_the_store_in_parts_is_held_against_the_MD5_that_was_sent_with_it()
    {
        byte[] content = new byte[6 * CacheLimits.MiB];
        new Random(1).NextBytes(content);
        AmazonS3Exception refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync(new byte[16]));
        Assert.Equal("BadDigest", refused.ErrorCode);
        await Assert.ThrowsAsync<NoSuchKeyException>(() => _client.GetObjectAsync(S3Host.Bucket, "md5"));

        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        sum.AppendData(content);
        PutObjectResponse put = await PutAsync(sum.GetHashAndReset());
        Assert.EndsWith("-2\"", put.ETag, StringComparison.Ordinal);
        Assert.Contains("POST", Sent);

        Task<PutObjectResponse> PutAsync(byte[] md5) => _client.PutObjectAsync(new PutObjectRequest
        {
            BucketName = S3Host.Bucket,
            Key = "md5",
            InputStream = new MemoryStream(content),
            MD5Digest = Convert.ToBase64String(md5),
            UseChunkEncoding = false,
        });
    }

    /// <summary>Another program's object, past the node.</summary>
    private async Task PutElsewhereAsync(string key)
    {
        using AmazonS3Client direct = await RadosgwS3Node.NewStoreClientAsync();
        PutObjectRequest put = Direct(key, "x");
        put.ContentType = "image/png";
        put.Metadata["from"] = "elsewhere";
        await direct.PutObjectAsync(put);
    }

    private async Task ExpectFromElsewhereTwiceAsync(string key)
    {
        for (int i = 0; i < 2; i++)
        {
            using GetObjectResponse got = await _client.GetObjectAsync(S3Host.Bucket, key);
            Assert.Equal(("image/png", "elsewhere"), (got.Headers.ContentType, got.Metadata["from"]));
            Assert.Equal("x", await new StreamReader(got.ResponseStream).ReadToEndAsync());
        }
    }

    private async Task PutAsync(string key, Action<PutObjectRequest>? with = null)
    {
        var put = new PutObjectRequest { BucketName = S3Host.Bucket, Key = key, InputStream = new MemoryStream(new byte[1000]) };
        with?.Invoke(put);
        await _client.PutObjectAsync(put);
    }
}
