using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Eviction;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Metrics;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Rest;

/// <summary>The REST front-end over the real engine in this process, with limits that a test can reach and a source that it can stop.</summary>
internal sealed class EngineHost : IAsyncDisposable
{
    public const int PageSize = CacheLimits.MinPageSize;

    private readonly TemporaryDirectory _directory = new(onTmpfs: true);
    private readonly CacheCounters _counters = new();
    private FilePageStore _store = null!;
    private CacheNode _node = null!;
    private WebApplication _app = null!;

    public ManualTimeProvider Time { get; } = new();

    public FaultyUnderStorage Source { get; } = new(new MemoryUnderStorage("source"));

    public HttpClient Client { get; private set; } = null!;

    public static async Task<EngineHost> StartAsync(CacheLimits limits)
    {
        var host = new EngineHost();
        var table = new MountTable(1, [new Mount(CachePath.Root, host.Source, Freshness.Default)]);
        host._store = await FilePageStore.OpenAsync(
            [new StoreDirectoryOptions(host._directory.Path, CacheLimits.GiB)], PageSize, () => EvictionPolicies.Create("s3fifo"), limits,
            TimeProvider.System, NullLogger.Instance, default);
        host._node = new CacheNode("engine", new CacheNodeServices
        {
            Mounts = () => table,
            Store = host._store,
            Counters = host._counters,
            Time = host.Time,
            Log = NullLogger.Instance,
            Limits = limits,
            PageSize = PageSize,
        });
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new CacheFileSystem(new LocalNodeDirectory(host._node), () => table)).AddSingleton(host._counters)
            .AddSingleton<IPageStore>(host._store).AddSingleton<TimeProvider>(host.Time).AddSingleton(new NodeHealth("engine", host.Time))
            .AddNodeTelemetry("engine").AddRestGateway(limits: null);
        builder.Services.Configure<KestrelServerOptions>(o => o.Listen(IPAddress.Loopback, 0));
        host._app = builder.Build();
        host._app.MapRestGateway();
        await host._app.StartAsync();
        host.Client = new HttpClient { BaseAddress = new Uri(host._app.Urls.Single()) };
        return host;
    }

    /// <summary>Puts a file of random bytes into the source.</summary>
    public async Task<byte[]> PutAsync(string key, int length, int seed)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        await Source.CreateAsync(key, new MemoryStream(content), default);
        return content;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await _node.DisposeAsync();
        await _store.DisposeAsync();
        _counters.Dispose();
        _directory.Dispose();
    }
}
