using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Eviction;
using Orleans.Cache.Files;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Ring;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Silo.Hosting;

/// <summary>
/// The engine of this process, put together from its configuration. Disposed from the outside in: the node ends its fills, the
/// store writes its snapshot, then the under storages close.
/// </summary>
internal sealed class Engine : IAsyncDisposable
{
    private readonly CacheNode _node;
    private readonly MountTable _mounts;

    private Engine(CacheNode node, MountTable mounts, IPageStore store, CacheCounters counters, ClusterMembership? cluster, IGrid? grid, TimeProvider time)
    {
        _node = node;
        _mounts = mounts;
        Node = grid is null ? node : new OwnedNode(node, grid);
        Store = store;
        Counters = counters;
        Cluster = cluster;
        Files = new CacheFileSystem(cluster?.Join(Node, counters) ?? new LocalNodeDirectory(Node), () => mounts, time);
    }

    /// <summary>This process's node, apart from any cluster.</summary>
    public ICacheNode Node { get; }

    /// <summary>The cluster it belongs to; null where it is alone.</summary>
    public ClusterMembership? Cluster { get; }

    public CacheFileSystem Files { get; }

    public IPageStore Store { get; }

    public CacheCounters Counters { get; }

    /// <summary>What becomes a silo: the engine itself, beneath everything that asks grains.</summary>
    public GridNode AsGridNode(RingMember member) => new(_node, member, () => _mounts, Counters);

    /// <param name="options">The configuration.</param>
    /// <param name="grid">The grid that the node is going to join.</param>
    /// <param name="limits">Bounds of the engine.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="log">Where to.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ConfigurationRefusedException">A mount's URI is of no use.</exception>
    /// <exception cref="CacheException">A mount or a store directory cannot be used; another node may have it.</exception>
    public static async Task<Engine> StartAsync(
        NodeOptions options, IGrid? grid, CacheLimits limits, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        var counters = new CacheCounters();
        // Mounts first: a mistyped one is found before a store of a million pages is read.
        var mounts = new MountTable(version: 1, options.Mounts.Select(mount => Mounted(mount, counters, time, log)).ToArray());
        await MountCheck.RunAsync(options.Mounts, mounts, cancellationToken).ConfigureAwait(false);
        UfsTrafficMetrics.Publish(counters, () => mounts);
        StoreDirectoryOptions[] directories = [.. options.Stores.Select(s => new StoreDirectoryOptions(s.Directory, s.Capacity) { ScrubPeriod = options.ScrubPeriod })];
        FilePageStore store = await FilePageStore.OpenAsync(
            directories, options.PageSize, () => EvictionPolicies.Create(options.Eviction), limits, time, log, cancellationToken).ConfigureAwait(false);
        ClusterMembership? cluster = ClusterOf(options, grid, () => mounts, time, log);
        var node = new CacheNode(options.Name, new CacheNodeServices
        {
            Mounts = () => mounts,
            Store = store,
            Counters = counters,
            Time = time,
            Log = log,
            Limits = limits,
            PageSize = options.PageSize,
            Fills = grid,
            FreezeWatch = cluster?.FreezeWatch,
            Source = ufs => cluster?.AskNeighboursFirst(ufs) ?? ufs,
        });
        return new Engine(node, mounts, store, counters, cluster, grid, time);
    }

    public async ValueTask DisposeAsync()
    {
        if (Cluster is not null)
            await Cluster.DisposeAsync().ConfigureAwait(false);
        await _node.DisposeAsync().ConfigureAwait(false);
        await Store.DisposeAsync().ConfigureAwait(false);
        foreach (Mount mount in _mounts.Mounts)
            await mount.Storage.DisposeAsync().ConfigureAwait(false);
        Counters.Dispose();
    }

    private static ClusterMembership? ClusterOf(NodeOptions options, IGrid? grid, Func<MountTable> mounts, TimeProvider time, ILogger log) => options switch
    {
        _ when grid is not null => new ClusterMembership(options.Name, grid, mounts, time, log) { Owners = grid },
        { DnsPeers: { } dns } => new ClusterMembership(options.Name, new DnsMembers(dns, new SystemHostAddresses(), time, log), mounts, time, log),
        { Peers.Count: > 0 } => new ClusterMembership(options.Name, new ListedMembers(options.Peers), mounts, time, log),
        _ => null,
    };

    /// <summary>The connector, slowed down where that is asked for, counted as the engine sees it.</summary>
    private static Mount Mounted(MountOptions options, CacheCounters counters, TimeProvider time, ILogger log)
    {
        IUnderStorage storage = Connect(options, time, log);
        if (options.Latency > TimeSpan.Zero || options.Bandwidth is not null)
            storage = new ThrottledUnderStorage(storage, options.Latency, options.Bandwidth ?? 0, time);
        return new Mount(options.Path, new MeteredUnderStorage(storage, counters), options.Freshness)
        {
            IsWritable = options.IsWritable,
            Replicas = options.Replicas,
            Uri = options.UriWithoutSlash,
        };
    }

    private static IUnderStorage Connect(MountOptions options, TimeProvider time, ILogger log)
    {
        try
        {
            return UnderStorageFactory.Create(
                options.Uri, new ConnectorOptions { Values = options.Connector, IsWritable = options.IsWritable, Log = log }, time);
        }
        catch (CacheException e) when (e.Error == CacheError.InvalidArgument)
        {
            string message = e.Message.Replace(options.Uri, options.SafeUri, StringComparison.Ordinal);
            throw new ConfigurationRefusedException([$"--mount {options.Path}: {message}"]);
        }
    }
}
