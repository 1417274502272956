using System.Globalization;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Node.Tests.Hostile;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Keys that no path holds as they are: they are kept, in the order of keys, and are never a way out of the bucket. Sent as they are, for clients' libraries resolve dots.</summary>
public abstract class S3KeyContract(S3Node node)
{
    private static readonly string[] Odd = ["a//b", "/a", "a/../b", "../b", "../../b", "a/./b", "x/..", "y/.", "a//../c", "-x", ".y", "a/-b", "+ %2F/é", "z\u0001", "z\u0001\u0001"];

    protected string Prefix { get; } = node.NextPrefix();

    [ServerFact]
    public async Task Keys_with_empty_parts_and_dots_are_names_like_others_and_lead_nowhere_else()
    {
        foreach (string key in Odd)
            Assert.StartsWith("HTTP/1.1 200", await AskAsync("PUT", $"{Prefix}/{key}"));
        foreach (string key in Odd)
            Assert.StartsWith("HTTP/1.1 200", await AskAsync("GET", $"{Prefix}/{key}"));
        // No XML can hold U+0001: listings are asked for with their keys encoded.
        string[] expected = [.. Odd.Select(key => $"{Prefix}/{key}").Order(StringComparer.Ordinal)];
        Assert.Equal(expected, await KeysAsync());
        Assert.Equal(expected, await KeysAsync(pageSize: 1));
        Assert.Equal([$"{Prefix}/a//../c", $"{Prefix}/a//b"], await KeysAsync("/a//"));

        Assert.StartsWith("HTTP/1.1 204", await AskAsync("DELETE", $"{Prefix}/a/../b"));
        Assert.Equal(expected.Where(key => key != $"{Prefix}/a/../b"), await KeysAsync());
        foreach (string key in Odd)
            Assert.StartsWith("HTTP/1.1 204", await AskAsync("DELETE", $"{Prefix}/{key}"));
        Assert.Empty(await KeysAsync());
    }

    [ServerFact]
    public async Task A_delimiter_cuts_keys_behind_an_empty_part_as_behind_any_other()
    {
        foreach (string key in (string[])["a//b", "a/-c", "a/.d/e", "a/0"])
            await AskAsync("PUT", $"{Prefix}/{key}");
        ListObjectsV2Response listed = await node.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = S3Node.Bucket, Prefix = Prefix + "/a/", Delimiter = "/" });
        Assert.Equal([$"{Prefix}/a/-c", $"{Prefix}/a/0"], listed.S3Objects.Select(o => o.Key));
        Assert.Equal([$"{Prefix}/a/.d/", $"{Prefix}/a//"], listed.CommonPrefixes);
    }

    [ServerFact]
    public async Task Keys_that_are_kept_for_the_node_are_refused_when_written_and_not_there_when_read()
    {
        await PutAsync(Prefix + "/there");
        foreach (string key in (string[])[".ocache-s3/objects/b", $"{Prefix}/a/.ocache-s3/b"])
        {
            Assert.Contains("<Code>InvalidArgument</Code>", await AskAsync("PUT", key), StringComparison.Ordinal);
            Assert.Contains("<Code>NoSuchKey</Code>", await AskAsync("GET", key), StringComparison.Ordinal);
            // To delete what is not there is no failure.
            Assert.StartsWith("HTTP/1.1 204", await AskAsync("DELETE", key), StringComparison.Ordinal);
        }
        Assert.Equal([Prefix + "/there"], await KeysAsync());
    }

    protected async Task<List<string>> KeysAsync(string below = "/", int pageSize = 1000)
    {
        var keys = new List<string>();
        var request = new ListObjectsV2Request { BucketName = S3Node.Bucket, Prefix = Prefix + below, MaxKeys = pageSize, Encoding = EncodingType.Url };
        do
        {
            ListObjectsV2Response page = await node.Client.ListObjectsV2Async(request);
            keys.AddRange((page.S3Objects ?? []).Select(o => Uri.UnescapeDataString(o.Key)));
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (request.ContinuationToken is not null);
        return keys;
    }

    protected Task PutAsync(string key) => node.Client.PutObjectAsync(new PutObjectRequest { BucketName = S3Node.Bucket, Key = key, ContentBody = "x" });

    protected async Task<string> AskAsync(string method, string key)
    {
        const string Signed = "host;x-amz-content-sha256;x-amz-date", Payload = "UNSIGNED-PAYLOAD";
        string path = $"/{S3Node.Bucket}/{string.Join('/', key.Split('/').Select(Uri.EscapeDataString))}", host = node.Url.Authority;
        string date = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture), scope = $"{date[..8]}/us-east-1/s3/aws4_request";
        var headers = new HeaderDictionary { ["Host"] = host, ["x-amz-date"] = date, ["x-amz-content-sha256"] = Payload };
        string signature = TestSignature.Sign(
            SigV4.SigningKey(S3Node.Secret, date[..8], "us-east-1", "s3"), date, scope, TestSignature.CanonicalOf(method, path, [], headers, Signed, Payload));
        using RawConnection connection = await RawConnection.OpenAsync(node.Url);
        await connection.SendAsync(
            $"{method} {path} HTTP/1.1\r\nHost: {host}\r\nx-amz-date: {date}\r\nx-amz-content-sha256: {Payload}\r\nContent-Length: 0\r\nConnection: close\r\n"
            + $"Authorization: AWS4-HMAC-SHA256 Credential={S3Node.Key}/{scope},SignedHeaders={Signed},Signature={signature}\r\n\r\n");
        return Encoding.Latin1.GetString(await connection.ReadToEndAsync());
    }
}

/// <summary>Keys over a directory.</summary>
public sealed class FileS3KeyTests(FileS3Node node) : S3KeyContract(node), IClassFixture<FileS3Node>;

/// <summary>Keys over a bucket of Ceph.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class RadosgwS3KeyTests(RadosgwS3Node node) : S3KeyContract(node), IClassFixture<RadosgwS3Node>
{
    private readonly RadosgwS3Node _node = node;

    [ServerFact]
    public async Task What_lies_below_the_name_of_an_object_is_read_by_its_key_and_listed_by_that_prefix_only()
    {
        await PutAsync(Prefix + "/a");
        await PutAsync(Prefix + "/a/b");
        Assert.Contains("\r\n\r\nx", await AskAsync("GET", Prefix + "/a"), StringComparison.Ordinal);
        Assert.Contains("\r\n\r\nx", await AskAsync("GET", Prefix + "/a/b"), StringComparison.Ordinal);
        Assert.Equal([Prefix + "/a"], await KeysAsync());
        Assert.Equal([Prefix + "/a/b"], await KeysAsync("/a/"));
    }

    [ServerFact]
    public async Task Objects_of_such_names_that_others_wrote_are_read_by_their_names()
    {
        using AmazonS3Client store = await RadosgwS3Node.NewStoreClientAsync();
        foreach (string name in (string[])["a//b", "b//", "c", "d/e"])
            await store.PutObjectAsync(new PutObjectRequest { BucketName = _node.StoreBucket, Key = $"{Prefix}/{name}", ContentBody = name, UseChunkEncoding = false });
        // Data in an object whose name ends with a slash stays unseen: it is the marker of a directory.
        Assert.Equal([Prefix + "/a//b", Prefix + "/c", Prefix + "/d/e"], await KeysAsync());
        Assert.Contains("\r\n\r\na//b", await AskAsync("GET", Prefix + "/a//b"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync("PUT", Prefix + "/a/../z"));
        ListObjectsV2Response stored = await store.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _node.StoreBucket, Prefix = Prefix + "/a/" });
        Assert.Contains(stored.S3Objects, o => o.Key == Prefix + "/a/../z");
        Assert.Contains("\r\n\r\nc", await AskAsync("GET", Prefix + "/c"), StringComparison.Ordinal);
    }
}
