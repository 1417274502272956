using System.Net;
using System.Security.Cryptography;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Objects through AWS's SDK with its defaults, whatever storage is behind the bucket.</summary>
public abstract class S3ObjectContract(S3Node node)
{
    private const string Bucket = S3Node.Bucket;

    protected AmazonS3Client Client => node.Client;

    protected string Prefix { get; } = node.NextPrefix();

    [ServerFact]
    public async Task What_was_put_comes_back_with_all_that_was_said_of_it()
    {
        string key = Prefix + "/a.txt";
        byte[] content = Encoding.UTF8.GetBytes("hello, world");
        var put = new PutObjectRequest
        {
            BucketName = Bucket,
            Key = key,
            InputStream = new MemoryStream(content),
            ContentType = "text/plain; charset=utf-8",
            TagSet = [new Tag { Key = "team", Value = "a b" }],
        };
        put.Headers.CacheControl = "max-age=60";
        put.Headers.ContentEncoding = "identity";
        put.Metadata.Add("Author", "somebody");
        PutObjectResponse answer = await Client.PutObjectAsync(put);
        Assert.Equal($"\"{Md5(content)}\"", answer.ETag);

        using GetObjectResponse got = await Client.GetObjectAsync(new GetObjectRequest { BucketName = Bucket, Key = key, ChecksumMode = ChecksumMode.ENABLED });
        Assert.Equal(content, await BytesAsync(got));
        Assert.Equal(answer.ETag, got.ETag);
        Assert.Equal("text/plain; charset=utf-8", got.Headers.ContentType);
        Assert.Equal("max-age=60", got.Headers.CacheControl);
        Assert.Equal("somebody", got.Metadata["author"]);
        Assert.Equal(1, got.TagCount);
        Assert.NotNull(got.ChecksumCRC32);
        GetObjectMetadataResponse head = await Client.GetObjectMetadataAsync(Bucket, key);
        Assert.Equal(content.Length, head.ContentLength);
        Assert.Equal("a b", Assert.Single((await Client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = Bucket, Key = key })).Tagging).Value);
    }

    [ServerFact]
    public async Task Metadata_belong_to_the_content_that_they_were_written_with()
    {
        string key = Prefix + "/k";
        await PutAsync(key, "one", put => put.Metadata.Add("n", "1"));
        await PutAsync(key, "two", put => put.Metadata.Add("n", "2"));
        Assert.Equal("2", (await Client.GetObjectMetadataAsync(Bucket, key)).Metadata["n"]);
        await PutAsync(key, "two", put => put.ContentType = "text/css");
        GetObjectMetadataResponse head = await Client.GetObjectMetadataAsync(Bucket, key);
        Assert.Empty(head.Metadata.Keys);
        Assert.Equal("text/css", head.Headers.ContentType);
        await Client.DeleteObjectAsync(Bucket, key);
        await PutAsync(key, "two");
        Assert.NotEqual("text/css", (await Client.GetObjectMetadataAsync(Bucket, key)).Headers.ContentType);
    }

    [ServerFact]
    public async Task Of_many_writers_the_last_has_its_own_metadata_and_tag()
    {
        string key = Prefix + "/raced";
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => PutAsync(key, $"content {i}", put => put.Metadata.Add("n", $"{i}"))));
        using GetObjectResponse got = await Client.GetObjectAsync(Bucket, key);
        byte[] content = await BytesAsync(got);
        Assert.Equal($"content {got.Metadata["n"]}", Encoding.UTF8.GetString(content));
        Assert.Equal($"\"{Md5(content)}\"", got.ETag);
    }

    [ServerFact]
    public async Task Ranges_conditions_and_overrides_are_those_of_s3()
    {
        string key = Prefix + "/range";
        string tag = (await PutAsync(key, "0123456789")).ETag;
        Assert.Equal("234", await TextAsync(new GetObjectRequest { ByteRange = new ByteRange(2, 4), BucketName = Bucket, Key = key }));
        Assert.Equal("789", await TextAsync(new GetObjectRequest { ByteRange = new ByteRange("bytes=-3"), BucketName = Bucket, Key = key }));
        await RefusedAsync("InvalidRange", () => TextAsync(new GetObjectRequest { ByteRange = new ByteRange(20, 30), BucketName = Bucket, Key = key }));
        Assert.Equal("0123456789", await TextAsync(new GetObjectRequest { EtagToMatch = tag, BucketName = Bucket, Key = key }));
        await RefusedAsync("PreconditionFailed", () => TextAsync(new GetObjectRequest { EtagToMatch = "\"other\"", BucketName = Bucket, Key = key }));
        AmazonS3Exception same = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => TextAsync(new GetObjectRequest { EtagToNotMatch = tag, BucketName = Bucket, Key = key }));
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => TextAsync(new GetObjectRequest { UnmodifiedSinceDate = DateTime.UtcNow.AddDays(-1), BucketName = Bucket, Key = key }));
        AmazonS3Exception old = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => TextAsync(new GetObjectRequest { ModifiedSinceDate = DateTime.UtcNow, BucketName = Bucket, Key = key }));
        Assert.Equal(HttpStatusCode.NotModified, old.StatusCode);
        Assert.Equal("0123456789", await TextAsync(new GetObjectRequest { ModifiedSinceDate = DateTime.UtcNow.AddDays(-1), BucketName = Bucket, Key = key }));
        using GetObjectResponse overridden = await Client.GetObjectAsync(new GetObjectRequest
        {
            BucketName = Bucket,
            Key = key,
            ResponseHeaderOverrides = new ResponseHeaderOverrides { ContentType = "x/y", ContentDisposition = "attachment" },
        });
        Assert.Equal("x/y", overridden.Headers.ContentType);
        Assert.Equal("attachment", overridden.Headers.ContentDisposition);
    }

    [ServerFact]
    public async Task Writes_hold_their_conditions()
    {
        string key = Prefix + "/cas";
        string first = (await PutAsync(key, "one", put => put.IfNoneMatch = "*")).ETag;
        await RefusedAsync("PreconditionFailed", () => PutAsync(key, "two", put => put.IfNoneMatch = "*"));
        await PutAsync(key, "two", put => put.IfMatch = first);
        await RefusedAsync("PreconditionFailed", () => PutAsync(key, "three", put => put.IfMatch = first));
        Assert.Equal("two", await TextAsync(new GetObjectRequest { BucketName = Bucket, Key = key }));
        await RefusedAsync("NoSuchKey", () => PutAsync(Prefix + "/nothing", "x", put => put.IfMatch = first));
    }

    [ServerFact]
    public async Task Copies_take_metadata_along_or_replace_them()
    {
        string from = Prefix + "/from + ü", to = Prefix + "/to";
        await PutAsync(from, "content", put =>
        {
            put.Metadata.Add("kept", "yes");
            put.ContentType = "text/plain";
        });
        CopyObjectResponse copied = await Client.CopyObjectAsync(Bucket, from, Bucket, to);
        Assert.Equal($"\"{Md5(Encoding.UTF8.GetBytes("content"))}\"", copied.ETag);
        Assert.NotNull(copied.ChecksumCRC32);
        GetObjectMetadataResponse head = await Client.GetObjectMetadataAsync(Bucket, to);
        Assert.Equal("yes", head.Metadata["kept"]);
        Assert.Equal("text/plain", head.Headers.ContentType);

        var replacing = new CopyObjectRequest { SourceBucket = Bucket, SourceKey = to, DestinationBucket = Bucket, DestinationKey = to, MetadataDirective = S3MetadataDirective.REPLACE };
        replacing.Metadata.Add("new", "1");
        await Client.CopyObjectAsync(replacing);
        head = await Client.GetObjectMetadataAsync(Bucket, to);
        Assert.Equal("x-amz-meta-new", Assert.Single(head.Metadata.Keys));
        Assert.Equal("content", await TextAsync(new GetObjectRequest { BucketName = Bucket, Key = to }));
        await RefusedAsync("InvalidRequest", () => Client.CopyObjectAsync(Bucket, to, Bucket, to));
        await RefusedAsync("NoSuchKey", () => Client.CopyObjectAsync(Bucket, Prefix + "/nothing", Bucket, to));
        await RefusedAsync("PreconditionFailed", () => Client.CopyObjectAsync(new CopyObjectRequest
        {
            SourceBucket = Bucket,
            SourceKey = from,
            DestinationBucket = Bucket,
            DestinationKey = to,
            ETagToMatch = "\"other\"",
        }));
    }

    [ServerFact]
    public async Task Tags_attributes_and_acls_can_be_asked_for()
    {
        string key = Prefix + "/tagged";
        await PutAsync(key, "content");
        await Client.PutObjectTaggingAsync(new PutObjectTaggingRequest { BucketName = Bucket, Key = key, Tagging = new Tagging { TagSet = [new Tag { Key = "a", Value = "1" }] } });
        Assert.Equal("1", Assert.Single((await Client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = Bucket, Key = key })).Tagging).Value);
        await Client.DeleteObjectTaggingAsync(new DeleteObjectTaggingRequest { BucketName = Bucket, Key = key });
        Assert.Empty((await Client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = Bucket, Key = key })).Tagging ?? []);
        GetObjectAttributesResponse attributes = await Client.GetObjectAttributesAsync(new GetObjectAttributesRequest
        {
            BucketName = Bucket,
            Key = key,
            ObjectAttributes = [ObjectAttributes.ETag, ObjectAttributes.ObjectSize, ObjectAttributes.Checksum],
        });
        Assert.Equal(7, attributes.ObjectSize);
        Assert.NotNull(attributes.Checksum.ChecksumCRC32);
        GetObjectAclResponse acl = await Client.GetObjectAclAsync(new GetObjectAclRequest { BucketName = Bucket, Key = key });
        Assert.Equal(S3Permission.FULL_CONTROL, Assert.Single(acl.Grants).Permission);
        await RefusedAsync("NoSuchKey", () => Client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = Bucket, Key = Prefix + "/none" }));
    }

    [ServerFact]
    public async Task Every_name_is_its_own_object()
    {
        string[] names = ["a b", "a+b", "a%2Fb", "a%20b", "ü", "u\u0308", "日本語", "🙂", "a&b=c?d#e", "a'b\"c<d>", "a;b", "~a!*()", "a\\b", new string('x', 200)];
        foreach (string name in names)
            await PutAsync($"{Prefix}/{name}", name);
        foreach (string name in names)
            Assert.Equal(name, await TextAsync(new GetObjectRequest { BucketName = Bucket, Key = $"{Prefix}/{name}" }));
        ListObjectsV2Response list = await Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = Prefix + "/" });
        Assert.Equal(names.Order(StringComparer.Ordinal), list.S3Objects.Select(o => o.Key[(Prefix.Length + 1)..]).Order(StringComparer.Ordinal));
    }

    protected Task<PutObjectResponse> PutAsync(string key, string content, Action<PutObjectRequest>? also = null)
    {
        var put = new PutObjectRequest { BucketName = Bucket, Key = key, ContentBody = content };
        also?.Invoke(put);
        return Client.PutObjectAsync(put);
    }

    protected async Task<string> TextAsync(GetObjectRequest request)
    {
        using GetObjectResponse answer = await Client.GetObjectAsync(request);
        return Encoding.UTF8.GetString(await BytesAsync(answer));
    }

    protected static async Task<byte[]> BytesAsync(GetObjectResponse answer)
    {
        var content = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(content);
        return content.ToArray();
    }

    protected static async Task RefusedAsync(string code, Func<Task> call) => Assert.Equal(code, (await Assert.ThrowsAnyAsync<AmazonS3Exception>(call)).ErrorCode);

    internal static string Md5(byte[] content) => Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, content));
}
