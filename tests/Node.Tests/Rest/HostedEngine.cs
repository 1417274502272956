using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Eviction;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Metrics;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Rest;

/// <summary>A whole engine in this process, with a page store on tmpfs, for the front-end that a test puts before it.</summary>
internal sealed class HostedEngine : IAsyncDisposable
{
    /// <summary>Small, so that short files have several pages.</summary>
    public const int PageSize = 64 * CacheLimits.KiB;

    private readonly TemporaryDirectory _directory;
    private readonly FilePageStore _store;
    private readonly CacheCounters _counters = new();
    private readonly CacheLimits _limits;
    private readonly TimeProvider _time;

    private HostedEngine(string name, TemporaryDirectory directory, FilePageStore store, CacheLimits limits, TimeProvider time, ILogger log, Func<CacheCounters, MountTable> mounts)
    {
        (_directory, _store, _limits, _time) = (directory, store, limits, time);
        MountTable table = mounts(_counters);
        Health = new NodeHealth(name, time);
        Node = new CacheNode(name, new CacheNodeServices
        {
            Mounts = () => table,
            Store = store,
            Counters = _counters,
            Time = time,
            Log = log,
            Limits = limits,
            PageSize = PageSize,
        });
        Files = new CacheFileSystem(new LocalNodeDirectory(Node), () => table);
    }

    public CacheNode Node { get; }

    public CacheFileSystem Files { get; }

    public NodeHealth Health { get; }

    /// <param name="name">The node's.</param>
    /// <param name="time">The engine's clock; the store's is the machine's.</param>
    /// <param name="mounts">What it serves; they may count.</param>
    /// <param name="limits">Null are the defaults.</param>
    /// <param name="log">Null: nowhere.</param>
    public static async Task<HostedEngine> StartAsync(
        string name, TimeProvider time, Func<CacheCounters, MountTable> mounts, CacheLimits? limits = null, ILogger? log = null)
    {
        var directory = new TemporaryDirectory(onTmpfs: true);
        limits ??= new CacheLimits();
        FilePageStore store = await FilePageStore.OpenAsync(
            [new StoreDirectoryOptions(directory.Path, CacheLimits.GiB)], PageSize, () => EvictionPolicies.Create("s3fifo"), limits, TimeProvider.System, NullLogger.Instance, default);
        return new HostedEngine(name, directory, store, limits, time, log ?? NullLogger.Instance, mounts);
    }

    /// <summary>What front-ends take of the engine; as instances, which the application does not dispose of.</summary>
    public IServiceCollection AddTo(IServiceCollection services) => services
        .AddSingleton<ICacheNode>(Node).AddSingleton(Files).AddSingleton(_counters).AddSingleton<IPageStore>(_store).AddSingleton(_limits)
        .AddSingleton(_time).AddSingleton(Health).AddNodeTelemetry(Node.Name);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await _store.DisposeAsync();
        _counters.Dispose();
        _directory.Dispose();
    }
}
