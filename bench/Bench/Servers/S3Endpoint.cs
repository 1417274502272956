using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Orleans.Cache.Bench.Servers;

/// <summary>Somebody's S3: a bucket of a node, of radosgw or of s3rver, asked with signed headers, presigned URLs or, where it is public, plain ones.</summary>
internal sealed class S3Endpoint(string name, Uri url, string bucket, string key, string secret, IReadOnlyList<int> processes, S3Signing signing) : IServerUnderTest
{
    public string Name => name;

    public IReadOnlyList<int> ProcessIds => processes;

    public AmazonS3Client Client { get; } = new(
        new BasicAWSCredentials(key, secret), new AmazonS3Config { ServiceURL = url.ToString(), ForcePathStyle = true, AuthenticationRegion = "us-east-1", MaxErrorRetry = 0, UseHttp = true });

    public string Bucket => bucket;

    public Uri Url => url;

    public IReadOnlyList<string> HeadersOf(string relativePath) => signing == S3Signing.Headers ? S3Signature.HeadersOf(new Uri(UrlOf(relativePath)), key, secret) : [];

    public string UrlOf(string relativePath) => signing == S3Signing.Url
        ? Client.GetPreSignedURL(new GetPreSignedUrlRequest { BucketName = bucket, Key = relativePath, Expires = DateTime.UtcNow.AddHours(1), Protocol = Protocol.HTTP })
        : $"{url}{bucket}/{relativePath}";

    /// <summary>Without chunks of its own: what every store understands.</summary>
    public async Task PutAsync(string name, byte[] content)
    {
        using var body = new MemoryStream(content);
        await Client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = name, InputStream = body, UseChunkEncoding = false });
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        return ValueTask.CompletedTask;
    }
}
