using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.Fuse.Views;

/// <summary>The data as a bucket, for file systems over S3: a node's own endpoint, which is the fastest there is here. Their caches are on tmpfs, as ours is.</summary>
internal sealed class BucketNode : IAsyncDisposable
{
    public const string Bucket = "data";
    public const string Key = "BENCHKEY";
    public const string Secret = "benchsecret";

    private readonly NodeServer _node;

    private BucketNode(NodeServer node, int port)
    {
        _node = node;
        Url = $"http://127.0.0.1:{port}";
    }

    public string Url { get; }

    public static async Task<BucketNode> StartAsync(FuseData data, string store)
    {
        Environment.SetEnvironmentVariable("BENCH_S3_SECRET", Secret);
        int port = FreePort.Next();
        return new BucketNode(await NodeServer.StartAsync(
            "--mount", $"/{Bucket}=file://{data.Source},mode=immutable", "--store", $"{data.NewStore(store)}={data.StoreBytes >> 20}MiB", "--s3-port", $"{port}",
            "--s3-key", $"{Key},secret=env:BENCH_S3_SECRET"), port);
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();
}
