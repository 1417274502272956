using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;
using Checksum = Orleans.Cache.Gateway.S3.Checksums.Checksum;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Completions over Ceph, which makes the object of the parts itself: what is sent to it, and what faults leave.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class S3ComposeTests : IAsyncLifetime
{
    private const int Part = 5 * CacheLimits.MiB;

    private static readonly byte[][] Parts = [Random(Part, 1), Random(Part + 3, 2), Random(1000, 3)];

    private readonly string _bucket = "compose-" + Guid.NewGuid().ToString("N")[..12];
    private FaultProxy _proxy = null!;
    private S3Host _host = null!;
    private AmazonS3Client _client = null!;
    private AmazonS3Client _store = null!;

    private static byte[] Whole => [.. Parts[0], .. Parts[1], .. Parts[2]];

    public async Task InitializeAsync()
    {
        if (StorageServer.WhyMissing(StorageServer.Radosgw) is not null)
            return;
        StorageServer server = await StorageServer.SharedAsync(StorageServer.Radosgw);
        _store = await RadosgwS3Node.NewStoreClientAsync();
        await _store.PutBucketAsync(_bucket);
        _proxy = new FaultProxy(server.Url);
        Environment.SetEnvironmentVariable("OCACHE_TEST_COMPOSE_KEY", StorageServer.Key);
        var options = new ConnectorOptions
        {
            Values = new Dictionary<string, string>
            {
                ["endpoint"] = _proxy.Url.ToString(),
                ["access-key"] = "env:OCACHE_TEST_COMPOSE_KEY",
                ["secret-key"] = "env:OCACHE_TEST_COMPOSE_KEY",
            },
            IsWritable = true,
        };
        IUnderStorage storage = UnderStorageFactory.Create($"s3://{_bucket}", options, TimeProvider.System);
        await storage.CheckAsync(CancellationToken.None);
        _host = await S3Host.StartAsync(storage);
        _client = _host.NewClient();
    }

    public async Task DisposeAsync()
    {
        if (_host is null)
            return;
        _client.Dispose();
        _store.Dispose();
        await _host.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [ServerFact]
    public async Task A_completion_reads_and_sends_no_byte_of_a_part_and_needs_no_record()
    {
        (string id, List<PartETag> tags) = await UploadAsync("dir/object", r =>
        {
            r.ContentType = "text/x-parts";
            r.Metadata.Add("who", "me");
            r.ChecksumAlgorithm = ChecksumAlgorithm.CRC32;
        });
        _proxy.Requests.Clear();
        CompleteMultipartUploadResponse done = await CompleteAsync("dir/object", id, tags);
        ProxiedRequest[] sent = [.. _proxy.Requests];
        // Records of parts are read; bytes of parts lie below the upload by other names.
        Assert.DoesNotContain(sent, r => r.Method == "GET" && r.Target.Contains(id, StringComparison.Ordinal) && !r.Target.Contains("/part-", StringComparison.Ordinal)
            && !r.Target.EndsWith("/upload", StringComparison.Ordinal) && !r.Target.Contains("list-type", StringComparison.Ordinal));
        Assert.Equal(Parts.Length, sent.Count(r => r.Method == "PUT"));
        Assert.All(sent, r => Assert.True(r.Method != "PUT" || (r.Header("x-amz-copy-source") is not null && r.Header("content-length") is null or "0")));

        string expected = $"\"{S3ObjectContract.Md5([.. Parts.SelectMany(p => Convert.FromHexString(S3ObjectContract.Md5(p)))])}-3\"";
        Assert.Equal(expected, done.ETag);
        Assert.Equal(expected, (await _store.GetObjectMetadataAsync(_bucket, "dir/object")).ETag);
        Assert.Empty((await _store.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _bucket, Prefix = ".ocache-s3/" })).S3Objects ?? []);
        using GetObjectResponse got = await GetAsync("dir/object");
        Assert.Equal((expected, "text/x-parts", "me"), (got.ETag, got.Headers.ContentType, got.Metadata["who"]));
        GetObjectMetadataResponse second = await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = S3Host.Bucket, Key = "dir/object", PartNumber = 2 });
        Assert.Equal((Parts[1].Length, 3), (second.ContentLength, second.PartsCount));
        Assert.Equal(done.ChecksumCRC32, got.ChecksumCRC32);
        Assert.EndsWith("-3", got.ChecksumCRC32, StringComparison.Ordinal);
        Assert.Equal(Whole, await BytesAsync(got));
        await ExpectNoUploadAsync();
    }

    [ServerFact]
    public async Task The_checksum_of_all_bytes_is_joined_of_those_of_the_parts()
    {
        (string id, List<PartETag> tags) = await UploadAsync("full", r => (r.ChecksumAlgorithm, r.ChecksumType) = (ChecksumAlgorithm.CRC32, ChecksumType.FULL_OBJECT));
        _proxy.Requests.Clear();
        CompleteMultipartUploadResponse done = await CompleteAsync("full", id, tags);
        Assert.Equal(Parts.Length, _proxy.Requests.Count(r => r.Header("x-amz-copy-source") is not null));
        using Checksum whole = Checksum.Create("crc32")!;
        whole.Append(Whole);
        Assert.Equal((whole.ToBase64(), ChecksumType.FULL_OBJECT), (done.ChecksumCRC32, done.ChecksumType));
    }

    [ServerTheory]
    [InlineData(501, "NotImplemented")]
    [InlineData(403, "AccessDenied")]
    [InlineData(404, "NoSuchUpload")]
    public async Task Where_the_store_refuses_the_parts_are_written_again(int status, string code)
    {
        (string id, List<PartETag> tags) = await UploadAsync("refused");
        _proxy.Faults = r => r.Header("x-amz-copy-source") is null ? null : new Fault { Status = status, Code = code };
        CompleteMultipartUploadResponse done = await CompleteAsync("refused", id, tags);
        using GetObjectResponse got = await GetAsync("refused");
        Assert.Equal(done.ETag, got.ETag);
        Assert.Equal(Whole, await BytesAsync(got));
        await ExpectNoUploadAsync();
    }

    [ServerTheory]
    [InlineData("partNumber=2")]
    [InlineData("?uploadId=")]
    public async Task A_completion_that_fails_leaves_the_upload_as_it_was(string at)
    {
        await _client.PutObjectAsync(new PutObjectRequest { BucketName = S3Host.Bucket, Key = "kept", ContentBody = "old" });
        (string id, List<PartETag> tags) = await UploadAsync("kept");
        _proxy.Faults = r => r.Method is "PUT" or "POST" && r.Target.Contains(at, StringComparison.Ordinal) ? new Fault { Status = 503, Code = "SlowDown" } : null;
        Assert.Equal("ServiceUnavailable", (await Assert.ThrowsAsync<AmazonS3Exception>(() => CompleteAsync("kept", id, tags))).ErrorCode);
        using (GetObjectResponse old = await GetAsync("kept"))
            Assert.Equal("old"u8.ToArray(), await BytesAsync(old));
        await ExpectNoUploadAsync();

        _proxy.Faults = _ => null;
        PreconditionFailed(await Assert.ThrowsAsync<AmazonS3Exception>(() => CompleteAsync("kept", id, tags, r => r.IfNoneMatch = "*")));
        PreconditionFailed(await Assert.ThrowsAsync<AmazonS3Exception>(() => CompleteAsync("kept", id, tags, r => r.IfMatch = "\"0123\"")));
        await CompleteAsync("kept", id, tags, r => r.IfMatch = $"\"{S3ObjectContract.Md5("old"u8.ToArray())}\"");
        using GetObjectResponse got = await GetAsync("kept");
        Assert.Equal(Whole, await BytesAsync(got));
        await ExpectNoUploadAsync();

        static void PreconditionFailed(AmazonS3Exception failure) => Assert.Equal("PreconditionFailed", failure.ErrorCode);
    }

    [ServerTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_part_that_somebody_replaced_or_deleted_no_object_is_made(bool isReplaced)
    {
        (string id, List<PartETag> tags) = await UploadAsync("broken");
        ListObjectsV2Response there = await _store.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _bucket, Prefix = $".ocache-s3/uploads/{id}/2-" });
        string part = Assert.Single(there.S3Objects).Key;
        if (isReplaced)
            await _store.PutObjectAsync(new PutObjectRequest { BucketName = _bucket, Key = part, InputStream = new MemoryStream(Random(Parts[1].Length, 9)), UseChunkEncoding = false });
        else
            await _store.DeleteObjectAsync(_bucket, part);
        Assert.Equal("SlowDown", (await Assert.ThrowsAsync<AmazonS3Exception>(() => CompleteAsync("broken", id, tags))).ErrorCode);
        await Assert.ThrowsAsync<AmazonS3Exception>(() => _store.GetObjectMetadataAsync(_bucket, "broken"));
        await ExpectNoUploadAsync();
    }

    [ServerFact]
    public async Task Of_completions_that_race_one_counts_and_nothing_is_left()
    {
        (string id, List<PartETag> tags) = await UploadAsync("raced");
        Task<CompleteMultipartUploadResponse>[] completions = [.. Enumerable.Range(0, 4).Select(_ => CompleteAsync("raced", id, tags))];
        await Task.WhenAll(completions.Select(c => c.ContinueWith(_ => { }, TaskScheduler.Default)));
        Assert.Contains(completions, c => c.IsCompletedSuccessfully);
        using GetObjectResponse got = await GetAsync("raced");
        Assert.Equal(Whole, await BytesAsync(got));
        await ExpectNoUploadAsync();
        Assert.Empty((await _store.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _bucket, Prefix = ".ocache-s3/uploads/" })).S3Objects ?? []);
    }

    private async Task<(string Id, List<PartETag> Tags)> UploadAsync(string key, Action<InitiateMultipartUploadRequest>? with = null)
    {
        var begin = new InitiateMultipartUploadRequest { BucketName = S3Host.Bucket, Key = key };
        with?.Invoke(begin);
        string id = (await _client.InitiateMultipartUploadAsync(begin)).UploadId;
        var tags = new List<PartETag>();
        for (int i = 0; i < Parts.Length; i++)
        {
            UploadPartResponse part = await _client.UploadPartAsync(new UploadPartRequest
            {
                BucketName = S3Host.Bucket,
                Key = key,
                UploadId = id,
                PartNumber = i + 1,
                InputStream = new MemoryStream(Parts[i]),
                ChecksumAlgorithm = begin.ChecksumAlgorithm,
            });
            tags.Add(new PartETag(i + 1, part.ETag));
        }
        return (id, tags);
    }

    private Task<CompleteMultipartUploadResponse> CompleteAsync(string key, string id, List<PartETag> tags, Action<CompleteMultipartUploadRequest>? with = null)
    {
        var request = new CompleteMultipartUploadRequest { BucketName = S3Host.Bucket, Key = key, UploadId = id, PartETags = tags };
        with?.Invoke(request);
        return _client.CompleteMultipartUploadAsync(request);
    }

    private Task<GetObjectResponse> GetAsync(string key) =>
        _client.GetObjectAsync(new GetObjectRequest { BucketName = S3Host.Bucket, Key = key, ChecksumMode = ChecksumMode.ENABLED });

    private async Task ExpectNoUploadAsync() => Assert.Empty((await _store.ListMultipartUploadsAsync(_bucket)).MultipartUploads ?? []);

    private static async Task<byte[]> BytesAsync(GetObjectResponse answer)
    {
        using var all = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(all);
        return all.ToArray();
    }

    private static byte[] Random(int length, int seed)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }
}
