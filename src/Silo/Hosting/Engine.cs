using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Eviction;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Ring;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Silo.Mounting;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Silo.Hosting;

/// <summary>
/// The engine of this process, put together from its configuration. Disposed from the outside in: the node ends its fills, the
/// store writes its snapshot, then the under storages close.
/// </summary>
internal sealed class Engine : IAsyncDisposable
{
    private readonly CacheNode _node;

    private Engine(CacheNode node, LiveMounts mounts, IPageStore store, CacheCounters counters, ClusterMembership? cluster, IGrid? grid, TimeProvider time)
    {
        _node = node;
        Mounts = mounts;
        Node = grid is null ? node : new OwnedNode(node, grid);
        Store = store;
        Counters = counters;
        Cluster = cluster;
        INodeDirectory nodes = cluster?.Join(Node, counters) ?? new LocalNodeDirectory(Node);
        if (cluster is not null)
            node.TellOthers = path => nodes.ForgetAsync(path, recursive: false);
        Files = new CacheFileSystem(nodes, () => mounts.Table, time);
    }

    /// <summary>This process's node, apart from any cluster.</summary>
    public ICacheNode Node { get; }

    /// <summary>The cluster it belongs to; null where it is alone.</summary>
    public ClusterMembership? Cluster { get; }

    public CacheFileSystem Files { get; }

    public LiveMounts Mounts { get; }

    /// <summary>Changes of them.</summary>
    public required MountChanges MountChanges { get; init; }

    public IPageStore Store { get; }

    public CacheCounters Counters { get; }

    /// <summary>Told of each path that this node has forgotten.</summary>
    public event Action<CachePath, bool>? Forgot
    {
        add => _node.Forgot += value;
        remove => _node.Forgot -= value;
    }

    /// <summary>What becomes a silo: the engine itself, beneath everything that asks grains.</summary>
    public GridNode AsGridNode(RingMember member) => new(_node, member, () => Mounts.Table, Counters) { AddedMounts = MountChanges.Grid };

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
        var file = new MountFile(options.Stores[0].Directory);
        var opener = new MountOpener(counters, time, log);
        var mounts = new LiveMounts(file, limits);
        var reader = new AddedMountReader(options, opener);
        await new MountsAtStart(options, file, opener, reader, log).OpenAsync(mounts, cancellationToken).ConfigureAwait(false);
        UfsTrafficMetrics.Publish(counters, () => mounts.Table, options.Prices);
        StoreDirectoryOptions[] directories = [.. options.Stores.Select(s => new StoreDirectoryOptions(s.Directory, s.Capacity) { ScrubPeriod = options.ScrubPeriod })];
        FilePageStore store = await FilePageStore.OpenAsync(
            directories, options.PageSize, () => EvictionPolicies.Create(options.Eviction), limits, time, log, cancellationToken).ConfigureAwait(false);
        store.SetQuotas(mounts.Table.Quotas);
        mounts.Changing = table => store.SetQuotas(table.Quotas);
        MountSpaceGauges.Publish(counters, () => mounts.Table, store);
        ClusterMembership? cluster = ClusterOf(options, grid, () => mounts.Table, time, log);
        var node = new CacheNode(options.Name, new CacheNodeServices
        {
            Mounts = () => mounts.Table,
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
        mounts.Changed = node.TakeMounts;
        GridMounts? shared = grid is null ? null : new GridMounts(grid, mounts, reader, node, log);
        return new Engine(node, mounts, store, counters, cluster, grid, time) { MountChanges = new MountChanges(options, mounts, opener, node, log) { Grid = shared } };
    }

    public async ValueTask DisposeAsync()
    {
        if (Cluster is not null)
            await Cluster.DisposeAsync().ConfigureAwait(false);
        await _node.DisposeAsync().ConfigureAwait(false);
        await Store.DisposeAsync().ConfigureAwait(false);
        await Mounts.DisposeAsync().ConfigureAwait(false);
        Counters.Dispose();
    }

    private static ClusterMembership? ClusterOf(NodeOptions options, IGrid? grid, Func<MountTable> mounts, TimeProvider time, ILogger log) => options switch
    {
        _ when grid is not null => new ClusterMembership(options.Name, grid, mounts, time, log) { Owners = grid },
        { DnsPeers: { } dns } => new ClusterMembership(options.Name, new DnsMembers(dns, new SystemHostAddresses(), time, log), mounts, time, log),
        { Peers.Count: > 0 } => new ClusterMembership(options.Name, new ListedMembers(options.Peers), mounts, time, log),
        _ => null,
    };
}
