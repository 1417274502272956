using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Uploads in parts, listings, deletions and buckets, whatever storage is behind the bucket.</summary>
public abstract class S3UploadContract(S3Node node) : S3ObjectContract(node)
{
    private const string Bucket = S3Node.Bucket;
    private const int PartBytes = 5 << 20;

    [ServerFact]
    public async Task Parts_come_in_any_order_and_twice_and_the_object_is_theirs()
    {
        string key = Prefix + "/parts";
        byte[][] parts = [Random(PartBytes, 1), Random(PartBytes, 2), Random(1000, 3)];
        await PutAsync(Prefix + "/source", "0123456789");
        var begin = new InitiateMultipartUploadRequest { BucketName = Bucket, Key = key, ContentType = "x/parts" };
        begin.Metadata.Add("in", "parts");
        string id = (await Client.InitiateMultipartUploadAsync(begin)).UploadId;
        await PartAsync(key, id, 2, Random(PartBytes, 9));
        PartETag[] tags = [await PartAsync(key, id, 3, parts[2]), await PartAsync(key, id, 2, parts[1]), await PartAsync(key, id, 1, parts[0])];
        CopyPartResponse copied = await Client.CopyPartAsync(new CopyPartRequest
        {
            SourceBucket = Bucket,
            SourceKey = Prefix + "/source",
            DestinationBucket = Bucket,
            DestinationKey = key,
            UploadId = id,
            PartNumber = 3,
            FirstByte = 2,
            LastByte = 5,
        });
        ListPartsResponse listed = await Client.ListPartsAsync(Bucket, key, id);
        Assert.Equal([1, 2, 3], listed.Parts.Select(p => p.PartNumber!.Value));
        Assert.Equal(4, listed.Parts[2].Size);
        Assert.Contains((await Client.ListMultipartUploadsAsync(Bucket)).MultipartUploads, u => u.UploadId == id && u.Key == key);
        await RefusedAsync("InvalidPart", () => CompleteAsync(key, id, tags));
        await RefusedAsync("NoSuchKey", () => Client.GetObjectMetadataAsync(Bucket, key), "NotFound");

        tags[0] = new PartETag(3, copied.ETag);
        CompleteMultipartUploadResponse done = await CompleteAsync(key, id, tags);
        byte[] expected = [.. parts[0], .. parts[1], .. "2345"u8];
        byte[] hashes = Convert.FromHexString(Md5(parts[0]) + Md5(parts[1]) + Md5("2345"u8.ToArray()));
        Assert.Equal($"\"{Md5(hashes)}-3\"", done.ETag);
        using GetObjectResponse got = await Client.GetObjectAsync(Bucket, key);
        Assert.Equal(expected, await BytesAsync(got));
        Assert.Equal(done.ETag, got.ETag);
        Assert.Equal("parts", got.Metadata["in"]);
        Assert.Equal("2345", await TextAsync(new GetObjectRequest { BucketName = Bucket, Key = key, PartNumber = 3 }));
        GetObjectAttributesResponse attributes = await Client.GetObjectAttributesAsync(
            new GetObjectAttributesRequest { BucketName = Bucket, Key = key, ObjectAttributes = [ObjectAttributes.ObjectParts] });
        Assert.Equal(3, attributes.ObjectParts.TotalPartsCount);
        await RefusedAsync("NoSuchUpload", () => Client.ListPartsAsync(Bucket, key, id));
        AssertNothingAside(id);
    }

    [ServerFact]
    public async Task Checksums_of_parts_are_told_with_their_object()
    {
        string key = Prefix + "/sums";
        byte[][] parts = [Random(PartBytes, 1), Random(PartBytes, 2), Random(1000, 3)];
        string id = (await Client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = Bucket, Key = key, ChecksumAlgorithm = ChecksumAlgorithm.SHA256 })).UploadId;
        var tags = new List<PartETag>();
        for (int i = 0; i < parts.Length; i++)
        {
            tags.Add(new PartETag(await Client.UploadPartAsync(new UploadPartRequest
            {
                BucketName = Bucket,
                Key = key,
                UploadId = id,
                PartNumber = i + 1,
                InputStream = new MemoryStream(parts[i]),
                ChecksumAlgorithm = ChecksumAlgorithm.SHA256,
            })));
        }
        await CompleteAsync(key, id, [.. tags]);
        string[] sums = [.. parts.Select(part => Convert.ToBase64String(SHA256.HashData(part)))];
        GetObjectAttributesResponse attributes = await Client.GetObjectAttributesAsync(new GetObjectAttributesRequest
        {
            BucketName = Bucket,
            Key = key,
            ObjectAttributes = [ObjectAttributes.ObjectParts, ObjectAttributes.Checksum],
        });
        Assert.Equal(sums, attributes.ObjectParts.Parts.Select(part => part.ChecksumSHA256));
        Assert.Equal(parts.Select(part => (long?)part.Length), attributes.ObjectParts.Parts.Select(part => part.Size));
        Assert.EndsWith("-3", attributes.Checksum.ChecksumSHA256, StringComparison.Ordinal);
        // Who asks for a part compares its bytes with what comes with them.
        using GetObjectResponse part = await Client.GetObjectAsync(new GetObjectRequest { BucketName = Bucket, Key = key, PartNumber = 2, ChecksumMode = ChecksumMode.ENABLED });
        Assert.Equal(sums[1], part.ChecksumSHA256);
        Assert.Equal(parts[1], await BytesAsync(part));
        using GetObjectResponse range = await Client.GetObjectAsync(
            new GetObjectRequest { BucketName = Bucket, Key = key, ByteRange = new ByteRange(0, PartBytes - 1), ChecksumMode = ChecksumMode.ENABLED });
        Assert.Null(range.ChecksumSHA256);
        Assert.Equal(parts[0], await BytesAsync(range));

        // A copy is written at once: its one part is all of it.
        await Client.CopyObjectAsync(Bucket, key, Bucket, key + "-copy");
        using GetObjectResponse copy = await Client.GetObjectAsync(new GetObjectRequest { BucketName = Bucket, Key = key + "-copy", PartNumber = 1, ChecksumMode = ChecksumMode.ENABLED });
        Assert.Equal(parts.SelectMany(one => one), await BytesAsync(copy));
        Assert.NotEqual(sums[0], copy.ChecksumSHA256);
    }

    [ServerFact]
    public async Task An_aborted_upload_leaves_nothing_and_small_parts_are_refused()
    {
        string key = Prefix + "/aborted";
        string id = (await Client.InitiateMultipartUploadAsync(Bucket, key)).UploadId;
        PartETag[] tags = [await PartAsync(key, id, 1, Random(100, 1)), await PartAsync(key, id, 2, Random(100, 2))];
        await RefusedAsync("EntityTooSmall", () => CompleteAsync(key, id, tags));
        await Client.AbortMultipartUploadAsync(Bucket, key, id);
        await RefusedAsync("NoSuchUpload", () => PartAsync(key, id, 1, Random(100, 1)));
        Assert.DoesNotContain((await Client.ListMultipartUploadsAsync(Bucket)).MultipartUploads ?? [], u => u.UploadId == id);
        AssertNothingAside(id);
    }

    [ServerFact]
    public async Task The_transfer_utility_sends_and_fetches_large_files_with_its_checksums()
    {
        byte[] content = Random(15 << 20, 5);
        using var transfer = new TransferUtility(Client, new TransferUtilityConfig { MinSizeBeforePartUpload = 6 << 20 });
        await transfer.UploadAsync(new TransferUtilityUploadRequest { BucketName = Bucket, Key = Prefix + "/large", InputStream = new MemoryStream(content), PartSize = 6 << 20 });
        await using Stream stream = await transfer.OpenStreamAsync(Bucket, Prefix + "/large");
        var got = new MemoryStream();
        await stream.CopyToAsync(got);
        Assert.Equal(content, got.ToArray());
    }

    [ServerFact]
    public async Task Listings_page_cut_and_tell_what_head_tells()
    {
        string[] keys = ["a", "a-b", "a.b/1", "b/1", "b/2", "b/c/3", "z"];
        foreach (string key in keys)
            await PutAsync($"{Prefix}/{key}", key, put => put.ContentType = "text/x");
        var all = new List<S3Object>();
        var request = new ListObjectsV2Request { BucketName = Bucket, Prefix = Prefix + "/", MaxKeys = 2 };
        ListObjectsV2Response page;
        do
        {
            page = await Client.ListObjectsV2Async(request);
            all.AddRange(page.S3Objects);
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
        Assert.Equal(keys, all.Select(o => o.Key[(Prefix.Length + 1)..]));
        foreach (S3Object one in all)
            Assert.Equal(one.ETag, (await Client.GetObjectMetadataAsync(Bucket, one.Key)).ETag);

        page = await Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = Prefix + "/", StartAfter = $"{Prefix}/b/2", FetchOwner = true });
        Assert.Equal(["b/c/3", "z"], page.S3Objects.Select(o => o.Key[(Prefix.Length + 1)..]));
        Assert.All(page.S3Objects, o => Assert.NotNull(o.Owner));
        Assert.All(all, o => Assert.Null(o.Owner));
        page = await Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = Prefix + "/", Delimiter = "/" });
        Assert.Equal(["a", "a-b", "z"], page.S3Objects.Select(o => o.Key[(Prefix.Length + 1)..]));
        Assert.Equal([$"{Prefix}/a.b/", $"{Prefix}/b/"], page.CommonPrefixes);
        ListObjectsResponse first = await Client.ListObjectsAsync(new ListObjectsRequest { BucketName = Bucket, Prefix = Prefix + "/", Delimiter = "/", MaxKeys = 3 });
        Assert.True(first.IsTruncated);
        ListObjectsResponse second = await Client.ListObjectsAsync(new ListObjectsRequest { BucketName = Bucket, Prefix = Prefix + "/", Delimiter = "/", Marker = first.NextMarker });
        Assert.Equal([$"{Prefix}/b/"], second.CommonPrefixes);
        ListVersionsResponse versions = await Client.ListVersionsAsync(new ListVersionsRequest { BucketName = Bucket, Prefix = Prefix + "/b/" });
        Assert.Equal(3, versions.Versions.Count);
        Assert.All(versions.Versions, v => Assert.Equal("null", v.VersionId));
    }

    [ServerFact]
    public async Task Deleted_objects_are_gone_and_so_are_the_directories_that_only_they_made()
    {
        string[] keys = [.. Enumerable.Range(0, 10).Select(i => $"{Prefix}/d/e/{i}")];
        foreach (string key in keys)
            await PutAsync(key, "x");
        DeleteObjectsResponse deleted = await Client.DeleteObjectsAsync(new DeleteObjectsRequest { BucketName = Bucket, Objects = [.. keys.Append(Prefix + "/none").Select(k => new KeyVersion { Key = k })] });
        Assert.Equal(11, deleted.DeletedObjects.Count);
        await Client.DeleteObjectAsync(Bucket, Prefix + "/none/either");
        ListObjectsV2Response left = await Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = Prefix, Delimiter = "/" });
        Assert.Empty(left.CommonPrefixes ?? []);
        Assert.Empty(left.S3Objects ?? []);
    }

    [ServerFact]
    public async Task A_directory_can_be_made_as_an_object_and_stays_until_it_is_deleted()
    {
        await Client.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = Prefix + "/dir/", ContentBody = "" });
        await PutAsync(Prefix + "/dir/file", "x");
        await Client.DeleteObjectAsync(Bucket, Prefix + "/dir/file");
        Assert.Equal(0, (await Client.GetObjectMetadataAsync(Bucket, Prefix + "/dir/")).ContentLength);
        Assert.Equal([Prefix + "/dir/"], (await Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = Prefix + "/" })).S3Objects.Select(o => o.Key));
        await RefusedAsync("InvalidArgument", () => PutAsync(Prefix + "/dir/", "content"));
        await Client.DeleteObjectAsync(Bucket, Prefix + "/dir/");
        Assert.Empty((await Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = Prefix + "/" })).S3Objects ?? []);
    }

    [ServerFact]
    public async Task Buckets_are_listed_and_located()
    {
        Assert.Contains((await Client.ListBucketsAsync()).Buckets, b => b.BucketName == Bucket);
        Assert.True(string.IsNullOrEmpty((await Client.GetBucketLocationAsync(Bucket)).Location.Value) || (await Client.GetBucketLocationAsync(Bucket)).Location == S3Region.USEast1);
        Assert.Equal("us-east-1", (await Client.HeadBucketAsync(new HeadBucketRequest { BucketName = Bucket })).BucketRegion);
        await RefusedAsync("NoSuchBucket", () => Client.HeadBucketAsync(new HeadBucketRequest { BucketName = "nowhere" }), "NotFound");
        Assert.Equal(S3Permission.FULL_CONTROL, Assert.Single((await Client.GetBucketAclAsync(new GetBucketAclRequest { BucketName = Bucket })).Grants).Permission);
        Assert.Equal(VersionStatus.Off, (await Client.GetBucketVersioningAsync(Bucket)).VersioningConfig.Status ?? VersionStatus.Off);
    }

    protected virtual void AssertNothingAside(string upload)
    {
    }

    private static async Task RefusedAsync(string code, Func<Task> call, string ofHead) => Assert.Contains((await Assert.ThrowsAnyAsync<AmazonS3Exception>(call)).ErrorCode, new[] { code, ofHead });

    private async Task<PartETag> PartAsync(string key, string id, int number, byte[] content) => new(number, (await Client.UploadPartAsync(
        new UploadPartRequest { BucketName = Bucket, Key = key, UploadId = id, PartNumber = number, InputStream = new MemoryStream(content) })).ETag);

    private Task<CompleteMultipartUploadResponse> CompleteAsync(string key, string id, IEnumerable<PartETag> tags) =>
        Client.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest { BucketName = Bucket, Key = key, UploadId = id, PartETags = [.. tags.OrderBy(t => t.PartNumber)] });

    private static byte[] Random(int length, int seed)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }
}
