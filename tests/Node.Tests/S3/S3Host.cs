using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Eviction;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Gateway.Metrics;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>The S3 front-end on a real Kestrel, over a whole engine in this process: for what needs a storage or a clock that a test has in hand. One bucket, "data".</summary>
internal sealed class S3Host : IAsyncDisposable
{
    public const string Bucket = "data";
    public const string Key = "TESTKEY";
    public const string Secret = "not really a secret";

    private readonly TemporaryDirectory _directory = new(onTmpfs: true);
    private readonly FilePageStore _store;
    private readonly CacheNode _node;
    private readonly CacheCounters _counters = new();
    private readonly WebApplication _app;

    private S3Host(FilePageStore store, TemporaryDirectory directory, IUnderStorage storage, S3Options options, int port)
    {
        _directory = directory;
        _store = store;
        Storage = storage;
        var table = new MountTable(1, [new Mount(CachePath.Parse("/" + Bucket), storage, Freshness.Default) { IsWritable = true }]);
        var limits = new CacheLimits();
        _node = new CacheNode("memory", new CacheNodeServices
        {
            Mounts = () => table,
            Store = store,
            Counters = _counters,
            Time = TimeProvider.System,
            Log = NullLogger.Instance,
            Limits = limits,
            PageSize = 64 * CacheLimits.KiB,
        });
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        Files = new CacheFileSystem(new LocalNodeDirectory(_node), () => table);
        builder.Services.AddSingleton<ICacheNode>(_node).AddSingleton(Files).AddSingleton(_counters).AddSingleton<IPageStore>(store).AddSingleton(limits)
            .AddSingleton(new AlluxioOptions()).AddSingleton(TimeProvider.System).AddSingleton(new NodeHealth("memory", TimeProvider.System))
            .AddNodeTelemetry("memory").AddRestGateway().AddS3Gateway(options);
        builder.Services.Configure<KestrelServerOptions>(o => o.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.UseS3Gateway(port).MapRestGateway();
        Url = new Uri($"http://127.0.0.1:{port}/");
    }

    public IUnderStorage Storage { get; }

    public CacheFileSystem Files { get; }

    public Uri Url { get; }

    /// <param name="storage">What the bucket shows; null: memory.</param>
    /// <param name="keys">Null: one that may do everything.</param>
    /// <param name="options">All but the keys.</param>
    public static async Task<S3Host> StartAsync(IUnderStorage? storage = null, IReadOnlyList<AccessKey>? keys = null, S3Options? options = null)
    {
        var directory = new TemporaryDirectory(onTmpfs: true);
        FilePageStore store = await FilePageStore.OpenAsync(
            [new StoreDirectoryOptions(directory.Path, CacheLimits.GiB)], 64 * CacheLimits.KiB, () => EvictionPolicies.Create("s3fifo"), new CacheLimits(), TimeProvider.System, NullLogger.Instance, default);
        int port = ReservedPorts.Take(1)[0];
        var host = new S3Host(
            store, directory, storage ?? UnderStorageFactory.Create("mem://s3", TimeProvider.System),
            (options ?? new S3Options()) with { Keys = keys ?? [new AccessKey(Key, Secret, [""], [""])] }, port);
        await host._app.StartAsync();
        return host;
    }

    /// <summary>The SDK with its defaults: it sends chunks with checksums behind them.</summary>
    public AmazonS3Client NewClient(string key = Key, string secret = Secret, string region = "us-east-1") =>
        new(new BasicAWSCredentials(key, secret), ConfigFor(Url, region));

    public static AmazonS3Config ConfigFor(Uri url, string region = "us-east-1") =>
        new() { ServiceURL = url.ToString(), ForcePathStyle = true, AuthenticationRegion = region, MaxErrorRetry = 0, UseHttp = true };

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _node.DisposeAsync();
        await _store.DisposeAsync();
        await Storage.DisposeAsync();
        _counters.Dispose();
        _directory.Dispose();
    }
}
