using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UfsConnectors.S3;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>Buckets of a running server, for tests: through the connector, and past it by the SDK.</summary>
internal static class S3Fixture
{
    public const string Bucket = "test";

    private static readonly Dictionary<string, Task> Buckets = [];

    /// <summary>The connector over a prefix of its own, which is empty; options as in a mount.</summary>
    public static async Task<IUnderStorage> OpenAsync(string server, string? prefix = null, params string[] options)
    {
        Uri endpoint = await EndpointAsync(server);
        IUnderStorage storage = Connect(endpoint, prefix ?? "p-" + Guid.NewGuid().ToString("N"), options);
        await storage.CheckAsync(CancellationToken.None);
        return storage;
    }

    /// <summary>The connector to whatever listens there.</summary>
    public static IUnderStorage Connect(Uri endpoint, string prefix, params string[] options) => UnderStorageFactory.Create(
        prefix.Length == 0 ? $"s3://{Bucket}" : $"s3://{Bucket}/{prefix}", OptionsOf(endpoint, options), TimeProvider.System);

    public static ConnectorOptions OptionsOf(Uri endpoint, params string[] options)
    {
        Environment.SetEnvironmentVariable("OCACHE_TEST_S3_KEY", StorageServer.Key);
        Dictionary<string, string> values = new()
        {
            ["endpoint"] = endpoint.ToString(),
            ["access-key"] = "env:OCACHE_TEST_S3_KEY",
            ["secret-key"] = "env:OCACHE_TEST_S3_KEY",
        };
        foreach (string option in options)
            values[option.Split('=')[0]] = option.Contains('=', StringComparison.Ordinal) ? option[(option.IndexOf('=', StringComparison.Ordinal) + 1)..] : "";
        return new ConnectorOptions { Values = values, IsWritable = true };
    }

    /// <summary>The server's address; its bucket exists.</summary>
    public static async Task<Uri> EndpointAsync(string server)
    {
        StorageServer running = await StorageServer.SharedAsync(server);
        Task made;
        lock (Buckets)
        {
            if (!Buckets.TryGetValue(server, out made!))
                Buckets[server] = made = MakeBucketAsync(running.Url);
        }
        await made;
        return running.Url;
    }

    /// <summary>The SDK alone, with our settings of it.</summary>
    public static AmazonS3Client Direct(Uri endpoint) => S3Connection.ClientOf(S3Options.Parse("s3://" + Bucket, OptionsOf(endpoint)), StoreConnections.NewHandler(new RequestLimits()));

    public static async Task PutAsync(Uri endpoint, string name, byte[] content)
    {
        using AmazonS3Client client = Direct(endpoint);
        using var body = new MemoryStream(content);
        await client.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = name, InputStream = body, UseChunkEncoding = false });
    }

    /// <summary>Empty objects, without the looks around that the connector takes before it writes.</summary>
    public static async Task PutManyAsync(string server, IUnderStorage storage, IEnumerable<string> keys)
    {
        string prefix = storage.Identity.Uri[(storage.Identity.Uri.LastIndexOf('/') + 1)..];
        using AmazonS3Client client = Direct(await EndpointAsync(server));
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (key, token) =>
        {
            using var body = new MemoryStream();
            await client.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = $"{prefix}/{key}", InputStream = body, UseChunkEncoding = false }, token);
        });
    }

    private static async Task MakeBucketAsync(Uri endpoint)
    {
        using AmazonS3Client client = Direct(endpoint);
        await client.PutBucketAsync(new PutBucketRequest { BucketName = Bucket });
        // s3rver drops a bucket with its last object.
        await PutAsync(endpoint, "kept", [1]);
    }
}
