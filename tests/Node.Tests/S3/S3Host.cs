using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Node.Tests.Rest;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>The S3 front-end on a real Kestrel, over a whole engine in this process: for what needs a storage or a clock that a test has in hand. One bucket, "data".</summary>
internal sealed class S3Host : IAsyncDisposable
{
    public const string Bucket = "data";
    public const string Key = "TESTKEY";
    public const string Secret = "not really a secret";

    private readonly HostedEngine _engine;
    private readonly WebApplication _app;

    private S3Host(HostedEngine engine, IUnderStorage storage, S3Options options, int port)
    {
        _engine = engine;
        Storage = storage;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        engine.AddTo(builder.Services).AddSingleton(new AlluxioOptions()).AddRestGateway().AddS3Gateway(options);
        builder.Services.Configure<KestrelServerOptions>(o => o.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.UseS3Gateway(port).MapRestGateway();
        Url = new Uri($"http://127.0.0.1:{port}/");
    }

    public IUnderStorage Storage { get; }

    public CacheFileSystem Files => _engine.Files;

    public Uri Url { get; }

    /// <param name="storage">What the bucket shows; null: memory.</param>
    /// <param name="keys">Null: one that may do everything.</param>
    /// <param name="options">All but the keys.</param>
    public static async Task<S3Host> StartAsync(IUnderStorage? storage = null, IReadOnlyList<AccessKey>? keys = null, S3Options? options = null)
    {
        storage ??= UnderStorageFactory.Create("mem://s3", TimeProvider.System);
        HostedEngine engine = await HostedEngine.StartAsync(
            "memory", TimeProvider.System, _ => new MountTable(1, [new Mount(CachePath.Parse("/" + Bucket), storage, Freshness.Default) { IsWritable = true }]));
        var host = new S3Host(
            engine, storage, (options ?? new S3Options()) with { Keys = keys ?? [new AccessKey(Key, Secret, [""], [""])] }, ReservedPorts.Take(1)[0]);
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
        await _engine.DisposeAsync();
        await Storage.DisposeAsync();
    }
}
