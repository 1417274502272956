using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>The contract over a directory.</summary>
public sealed class FileS3Tests(FileS3Node node) : S3UploadContract(node), IClassFixture<FileS3Node>
{
    private readonly FileS3Node _node = node;

    [Fact]
    public async Task Buckets_are_directories_that_can_be_made_and_deleted()
    {
        string name = "made-" + Guid.NewGuid().ToString("N")[..8];
        await Client.PutBucketAsync(name);
        await RefusedAsync("BucketAlreadyOwnedByYou", () => Client.PutBucketAsync(name));
        await Client.PutObjectAsync(new PutObjectRequest { BucketName = name, Key = "a/b", ContentBody = "x", ContentType = "text/plain" });
        await RefusedAsync("BucketNotEmpty", () => Client.DeleteBucketAsync(name));
        await Client.DeleteObjectAsync(name, "a/b");
        await Client.DeleteBucketAsync(name);
        Assert.False(Directory.Exists(Path.Combine(_node.Directory, "..", name)));
        await RefusedAsync("NoSuchBucket", () => Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = name }));
    }

    [Fact]
    public async Task A_bucket_that_could_not_be_as_it_is_asked_for_is_not_made()
    {
        string name = "refused-" + Guid.NewGuid().ToString("N")[..8];
        await RefusedAsync("AccessControlListNotSupported", () => Client.PutBucketAsync(new PutBucketRequest { BucketName = name, CannedACL = S3CannedACL.PublicRead }));
        await RefusedAsync("NotImplemented", () => Client.PutBucketAsync(new PutBucketRequest { BucketName = name, ObjectLockEnabledForBucket = true }));
        await RefusedAsync("NotImplemented", () => Client.PutBucketAsync(
            new PutBucketRequest { BucketName = name, PutBucketConfiguration = new PutBucketConfiguration { Tags = [new Tag { Key = "a", Value = "b" }] } }));
        Assert.False(Directory.Exists(Path.Combine(_node.Directory, "..", name)));
        await Client.PutBucketAsync(new PutBucketRequest { BucketName = name, CannedACL = S3CannedACL.Private });
        await Client.DeleteBucketAsync(name);
    }

    [Fact]
    public async Task A_file_that_another_program_wrote_is_an_object_whose_tag_is_no_md5()
    {
        Directory.CreateDirectory(Path.Combine(_node.Directory, Prefix));
        await File.WriteAllTextAsync(Path.Combine(_node.Directory, Prefix, "plain"), "content");
        GetObjectMetadataResponse head = await Client.GetObjectMetadataAsync(S3Node.Bucket, Prefix + "/plain");
        Assert.EndsWith("-0\"", head.ETag, StringComparison.Ordinal);
        Assert.Equal(head.ETag, (await Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = S3Node.Bucket, Prefix = Prefix })).S3Objects.Single().ETag);
        await PutAsync(Prefix + "/plain", "changed", put => put.IfMatch = head.ETag);
    }

    protected override void AssertNothingAside(string upload) => Assert.False(Directory.Exists(Path.Combine(_node.Directory, ".ocache-s3", "uploads", upload)));
}

/// <summary>The contract over a bucket of Ceph.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class RadosgwS3Tests(RadosgwS3Node node) : S3UploadContract(node), IClassFixture<RadosgwS3Node>;
