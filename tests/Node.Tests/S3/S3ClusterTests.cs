using System.Text.RegularExpressions;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>One bucket through the S3 endpoints of three nodes: whichever is asked, the answer is the same, and at once.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed partial class S3ClusterTests : IAsyncLifetime, IDisposable
{
    private const int Nodes = 3;
    private const string Bucket = "bucket";

    private readonly TemporaryDirectory _source = new(onTmpfs: true);
    private NodeCluster _cluster = null!;
    private AmazonS3Client[] _clients = null!;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_source[Bucket]);
        _cluster = await NodeCluster.StartAsync(Nodes, "--mount", $"/=file://{_source.Path},rw", "--s3-port", "0");
        _clients = [.. Enumerable.Range(0, Nodes).Select(i => new AmazonS3Client(
            new BasicAWSCredentials("any", "any"), S3Host.ConfigFor(new Uri(S3Url().Match(_cluster[i].Banner).Groups[1].Value))))];
    }

    public async Task DisposeAsync()
    {
        foreach (AmazonS3Client client in _clients ?? [])
            client.Dispose();
        await _cluster.DisposeAsync();
    }

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task What_one_node_writes_lists_and_deletes_all_see_at_once_with_what_was_said_of_it()
    {
        // All believe that nothing is there, and that nothing has a record.
        _source.Write($"{Bucket}/plain", [1]);
        foreach (AmazonS3Client client in _clients)
        {
            await client.GetObjectMetadataAsync(Bucket, "plain");
            await RefusedAsync("NoSuchKey", () => TextAsync(client, "d/k0"));
        }
        for (int round = 0; round < 6; round++)
        {
            AmazonS3Client writer = _clients[round % Nodes], deleter = _clients[(round + 1) % Nodes];
            var put = new PutObjectRequest { BucketName = Bucket, Key = $"d/k{round}", ContentBody = $"content {round}", ContentType = "text/x-round" };
            put.Metadata.Add("round", $"{round}");
            string tag = (await writer.PutObjectAsync(put)).ETag;
            foreach (AmazonS3Client client in _clients)
            {
                GetObjectMetadataResponse head = await client.GetObjectMetadataAsync(Bucket, $"d/k{round}");
                Assert.Equal((tag, "text/x-round", $"{round}"), (head.ETag, head.Headers.ContentType, head.Metadata["round"]));
                Assert.Equal($"content {round}", await TextAsync(client, $"d/k{round}"));
                Assert.Equal(tag, Assert.Single(await ListAsync(client)).ETag);
            }
            string replaced = (await deleter.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = $"d/k{round}", ContentBody = "other" })).ETag;
            foreach (AmazonS3Client client in _clients)
            {
                Assert.Equal("other", await TextAsync(client, $"d/k{round}"));
                Assert.Equal(replaced, Assert.Single(await ListAsync(client)).ETag);
            }
            await deleter.DeleteObjectAsync(Bucket, $"d/k{round}");
            foreach (AmazonS3Client client in _clients)
            {
                Assert.Empty(await ListAsync(client));
                await RefusedAsync("NoSuchKey", () => TextAsync(client, $"d/k{round}"));
            }
        }
    }

    [Fact]
    public async Task Parts_of_one_upload_may_go_to_different_nodes_and_any_completes_or_aborts_it()
    {
        byte[] first = new byte[5 << 20], second = [1, 2, 3];
        new Random(1).NextBytes(first);
        string id = (await _clients[0].InitiateMultipartUploadAsync(Bucket, "large")).UploadId;
        string secondTag = (await PartAsync(_clients[2], id, 2, second)).ETag;
        await PartAsync(_clients[0], id, 1, second);
        string firstTag = (await PartAsync(_clients[1], id, 1, first)).ETag;
        foreach (AmazonS3Client client in _clients)
        {
            Assert.Equal([firstTag, secondTag], (await client.ListPartsAsync(Bucket, "large", id)).Parts.Select(p => p.ETag));
            Assert.Contains((await client.ListMultipartUploadsAsync(Bucket)).MultipartUploads, u => u.UploadId == id);
        }
        CompleteMultipartUploadResponse completed = await _clients[1].CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest
        {
            BucketName = Bucket,
            Key = "large",
            UploadId = id,
            PartETags = [new PartETag(1, firstTag), new PartETag(2, secondTag)],
        });
        Assert.EndsWith("-2\"", completed.ETag, StringComparison.Ordinal);
        foreach (AmazonS3Client client in _clients)
        {
            using GetObjectResponse got = await client.GetObjectAsync(Bucket, "large");
            var content = new MemoryStream();
            await got.ResponseStream.CopyToAsync(content);
            Assert.Equal([.. first, .. second], content.ToArray());
            Assert.Equal(completed.ETag, got.ETag);
            await RefusedAsync("NoSuchUpload", () => client.ListPartsAsync(Bucket, "large", id));
        }

        string given = (await _clients[1].InitiateMultipartUploadAsync(Bucket, "given-up")).UploadId;
        await PartAsync(_clients[2], given, 1, second);
        await _clients[0].AbortMultipartUploadAsync(Bucket, "given-up", given);
        foreach (AmazonS3Client client in _clients)
            await RefusedAsync("NoSuchUpload", () => PartAsync(client, given, 2, second));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_source[Bucket + "/.ocache-s3/uploads"]));

        Task<UploadPartResponse> PartAsync(AmazonS3Client client, string upload, int number, byte[] content) => client.UploadPartAsync(new UploadPartRequest
        {
            BucketName = Bucket,
            Key = upload == id ? "large" : "given-up",
            UploadId = upload,
            PartNumber = number,
            InputStream = new MemoryStream(content),
            PartSize = content.Length,
        });
    }

    private static async Task<List<S3Object>> ListAsync(AmazonS3Client client) =>
        (await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = "d/" })).S3Objects ?? [];

    private static async Task<string> TextAsync(AmazonS3Client client, string key)
    {
        using GetObjectResponse answer = await client.GetObjectAsync(Bucket, key);
        using var reader = new StreamReader(answer.ResponseStream);
        return await reader.ReadToEndAsync();
    }

    private static async Task RefusedAsync(string code, Func<Task> call) => Assert.Equal(code, (await Assert.ThrowsAnyAsync<AmazonS3Exception>(call)).ErrorCode);

    [GeneratedRegex(@"S3\s+(http://[^,\s]+)")]
    private static partial Regex S3Url();
}
