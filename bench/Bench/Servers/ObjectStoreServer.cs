using System.Diagnostics;
using Amazon.S3;
using Amazon.S3.Model;

namespace Orleans.Cache.Bench.Servers;

/// <summary>Ceph's radosgw, its data in memory, as eng/storage-server.sh starts it, with one bucket; read by the SDK with the settings that a mount has.</summary>
internal sealed class ObjectStoreServer : IAsyncDisposable
{
    public const string Bucket = "bench";
    public const string Key = "S3RVER";

    private readonly Process _process;

    private ObjectStoreServer(string kind, Process process, Uri url)
    {
        Endpoint = new S3Endpoint(kind, url, Bucket, Key, Key, [process.Id, .. ProcessTree.ChildrenOf(process.Id)], S3Signing.Headers);
        _process = process;
        Url = url;
        Client = ClientOf(url);
    }

    /// <summary>The same store as a load sees it.</summary>
    public S3Endpoint Endpoint { get; }

    /// <summary>The SDK alone.</summary>
    public AmazonS3Client Client { get; }

    /// <summary>What stands behind the '=' of --mount.</summary>
    public string Mount => MountAt(Url);

    public Uri Url { get; }

    /// <summary>The same by another address, that of a proxy.</summary>
    public static string MountAt(Uri url) => $"s3://{Bucket},endpoint={url},region=us-east-1,access-key=env:BENCH_S3_KEY,secret-key=env:BENCH_S3_KEY,mode=immutable";

    /// <summary>The SDK alone, by another address.</summary>
    public static AmazonS3Client ClientOf(Uri url) => new(Key, Key, new AmazonS3Config { ServiceURL = url.ToString(), ForcePathStyle = true, MaxErrorRetry = 0 });

    public static async Task<ObjectStoreServer> StartAsync(string kind = "radosgw")
    {
        // The node reads it from its environment, which it inherits.
        Environment.SetEnvironmentVariable("BENCH_S3_KEY", Key);
        Process process = Process.Start(new ProcessStartInfo(Path.Combine("eng", "storage-server.sh"), [kind]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        string? line = await process.StandardOutput.ReadLineAsync();
        if (line?.Split(' ') is not ["ready", { } url])
            throw new InvalidOperationException($"{kind} did not start; run eng/storage-servers.sh once, and this from the repository's root.");
        var server = new ObjectStoreServer(kind, process, new Uri(url));
        await server.Client.PutBucketAsync(Bucket);
        return server;
    }

    /// <summary>URL of an object at a server that passes requests on to this one; another one for each round.</summary>
    public string SignedFor(IServerUnderTest proxy, string name, int round)
    {
        var url = new Uri(Client.GetPreSignedURL(new GetPreSignedUrlRequest { BucketName = Bucket, Key = name, Expires = DateTime.UtcNow.AddMinutes(60 + round), Protocol = Protocol.HTTP }));
        return proxy.UrlOf(url.PathAndQuery[1..]);
    }

    public async Task PutAsync(string name, byte[] content)
    {
        using var body = new MemoryStream(content);
        await Client.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = name, InputStream = body, UseChunkEncoding = false });
    }

    /// <summary>An object of 64 MiB parts, of which no two are alike.</summary>
    public async Task PutLargeAsync(string name, long length)
    {
        const int Part = 64 << 20;
        string upload = (await Client.InitiateMultipartUploadAsync(Bucket, name)).UploadId;
        var parts = new List<PartETag>();
        byte[] content = new byte[Part];
        for (int number = 1; number * (long)Part <= length; number++)
        {
            new Random(number).NextBytes(content);
            using var body = new MemoryStream(content);
            UploadPartResponse part = await Client.UploadPartAsync(
                new UploadPartRequest { BucketName = Bucket, Key = name, UploadId = upload, PartNumber = number, PartSize = Part, InputStream = body, UseChunkEncoding = false });
            parts.Add(new PartETag(number, part.ETag));
        }
        await Client.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest { BucketName = Bucket, Key = name, UploadId = upload, PartETags = parts });
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
