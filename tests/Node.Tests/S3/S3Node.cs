using System.Text.RegularExpressions;
using Amazon.Runtime;
using Amazon.S3;
using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>A real node with an S3 endpoint over one bucket, for all facts of a class; each keeps to keys of its own.</summary>
public abstract partial class S3Node : IAsyncLifetime
{
    public const string Bucket = "bucket";
    public const string Key = "TESTKEY";
    public const string Secret = "not/really+a=secret";

    private readonly TemporaryDirectory _store = new();
    private NodeProcess _node = null!;
    private int _prefixes;

    public Uri Url { get; private set; } = null!;

    public AmazonS3Client Client { get; private set; } = null!;

    /// <summary>Where what the node keeps may be looked at; null: in a store.</summary>
    public virtual string? Directory => null;

    /// <summary>What stands behind --mount.</summary>
    protected abstract Task<string> MountAsync();

    /// <summary>A prefix that no other fact uses.</summary>
    public string NextPrefix() => $"p{Interlocked.Increment(ref _prefixes)}-{Guid.NewGuid().ToString("N")[..6]}";

    public virtual async Task InitializeAsync()
    {
        var environment = new Dictionary<string, string> { ["TEST_S3_SECRET"] = Secret, ["TEST_S3_KEY"] = StorageServer.Key };
        _node = await NodeProcess.StartAsync(NodeProcess.Info(
            ["--mount", await MountAsync(), "--store", $"{_store["pages"]}=1GiB", "--s3-port", "0", "--s3-key", $"{Key},secret=env:TEST_S3_SECRET"], environment));
        Url = new Uri(S3Url().Match(_node.Banner).Groups[1].Value);
        Client = new AmazonS3Client(new BasicAWSCredentials(Key, Secret), S3Host.ConfigFor(Url));
    }

    public virtual async Task DisposeAsync()
    {
        Client?.Dispose();
        if (_node is not null)
            await _node.DisposeAsync();
        _store.Dispose();
    }

    [GeneratedRegex(@"S3\s+(http://[^,\s]+)")]
    private static partial Regex S3Url();
}

/// <summary>Over a directory: buckets can be made and deleted.</summary>
public sealed class FileS3Node : S3Node
{
    private readonly TemporaryDirectory _data = new();

    public override string Directory => _data[Bucket];

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _data.Dispose();
    }

    protected override Task<string> MountAsync()
    {
        System.IO.Directory.CreateDirectory(Directory);
        return Task.FromResult($"/=file://{_data.Path},rw");
    }
}

/// <summary>Over a bucket of Ceph.</summary>
public sealed class RadosgwS3Node : S3Node
{
    /// <summary>What the node shows, as the store calls it.</summary>
    public string StoreBucket { get; } = "s3front-" + Guid.NewGuid().ToString("N")[..12];

    /// <summary>The store itself, past the node.</summary>
    public static async Task<AmazonS3Client> NewStoreClientAsync()
    {
        StorageServer store = await StorageServer.SharedAsync(StorageServer.Radosgw);
        return new AmazonS3Client(StorageServer.Key, StorageServer.Key, new AmazonS3Config { ServiceURL = store.Url.ToString(), ForcePathStyle = true });
    }

    public override async Task InitializeAsync()
    {
        // The facts are skipped where it is not installed; their fixture is made all the same.
        if (StorageServer.WhyMissing(StorageServer.Radosgw) is null)
            await base.InitializeAsync();
    }

    protected override async Task<string> MountAsync()
    {
        StorageServer store = await StorageServer.SharedAsync(StorageServer.Radosgw);
        using AmazonS3Client client = await NewStoreClientAsync();
        await client.PutBucketAsync(StoreBucket);
        return $"/{Bucket}=s3://{StoreBucket},endpoint={store.Url},region=us-east-1,access-key=env:TEST_S3_KEY,secret-key=env:TEST_S3_KEY,timeout=60s,rw";
    }
}
