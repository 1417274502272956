using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Client;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Model.Tests.Doors;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;
using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Processes;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>
/// Three nodes over one source that reach each other over HTTP, as they do in a static cluster, or that are silos of a grid. Each question goes to another one
/// of those that run, or through a client that knows them all. A restart ends a node, or starts it where it had ended: most sequences run with one of them gone for a while.
/// </summary>
internal sealed class ClusterBench : IBench
{
    private const int Count = 3;

    /// <summary>A node that is back is noticed within a few operations, so that the sequences see much coming and going.</summary>
    private static readonly ClientLimits Limits = new() { PingPeriod = TimeSpan.FromMilliseconds(5) };

    private readonly BenchSource _source;
    private readonly Member[] _members;
    private readonly bool _isGrid;
    private ClientDoor? _client;

    private ClusterBench(Setup setup)
    {
        _source = new BenchSource(setup);
        _isGrid = setup.IsGrid;
        int[] ports = ReservedPorts.Take(Count + 1);
        RingMember[] ring = [.. ports.Take(Count).Select((port, i) => new RingMember($"n{i + 1}", new Uri($"http://127.0.0.1:{port}")))];
        _members = [.. ring.Select(m => new Member(new BenchNode(m.Name, setup, _source.Mounts, Clock), m, ring, _source, _isGrid ? ports[Count] : null))];
        Door = new RotatingDoor(() => [.. _members.Where(m => m.Node.IsOpen).Select(m => m.Door!), _client!]);
    }

    public TimeProvider Clock => _source.Clock;

    public IChangingSource Source => _source.Changing;

    public FaultyUnderStorage Storage => _source.Storage;

    public IFrontDoor Door { get; }

    public long Evictions => _members.Sum(m => m.Node.Evictions);

    public static async Task<ClusterBench> StartAsync(Setup setup)
    {
        for (int attempt = 1; ; attempt++)
        {
            var bench = new ClusterBench(setup);
            try
            {
                foreach (Member member in bench._members)
                    await member.StartAsync();
                bench._client = new ClientDoor(await CacheClient.ConnectAsync(bench._members[0].Address, new CacheClientOptions { Limits = Limits }));
                return bench;
            }
            catch (IOException) when (attempt < 5)
            {
                // Somebody else took one of the ports since they were chosen.
                await bench.DisposeAsync();
            }
        }
    }

    public Task AdvanceAsync(TimeSpan by)
    {
        _source.Clock.Advance(by);
        return Task.CompletedTask;
    }

    public Task SettledAsync() => Task.WhenAll(_members.Where(m => m.Node.IsOpen).Select(m => m.Node.Node.FillsEndedAsync()));

    /// <summary>The other nodes go on believing what they believe.</summary>
    public async Task<bool> RestartAsync(Restart restart)
    {
        // The first silo holds the members of the others: it stays.
        Member chosen = _isGrid ? _members[1 + ((restart.Seed & int.MaxValue) % (Count - 1))] : _members[(restart.Seed & int.MaxValue) % Count];
        if (!chosen.Node.IsOpen)
            await chosen.StartAsync();
        else if (_members.Count(m => m.Node.IsOpen) > 1)
            await chosen.StopAsync(restart);
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        // The first last: silos leave through it.
        foreach (Member member in _members.AsEnumerable().Reverse())
            await member.DisposeAsync();
        await _source.DisposeAsync();
    }

    /// <summary>A node with all that makes it one of the cluster.</summary>
    private sealed class Member(BenchNode node, RingMember member, RingMember[] ring, BenchSource source, int? grid) : IAsyncDisposable
    {
        private ClusterMembership? _cluster;
        private IGrid? _grid;

        public BenchNode Node => node;

        public Uri Address => member.Address;

        public RestDoor? Door { get; private set; }

        public async Task StartAsync()
        {
            // The model's clock stands still; peers are waited for in real time.
            _grid = grid is { } firstPort ? GridMaker.Create(firstPort) : null;
            IMemberSource members = _grid is null ? new ListedMembers(ring) : _grid;
            var cluster = new ClusterMembership(node.Name, members, () => source.Mounts, TimeProvider.System, NullLogger.Instance, Limits) { Owners = _grid };
            _cluster = cluster;
            await node.OpenAsync(cluster.AskNeighboursFirst, cluster.FreezeWatch, _grid);
            ICacheNode local = _grid is null ? node.Node : new OwnedNode(node.Node, _grid);
            INodeDirectory nodes = cluster.Join(local, node.Counters);
            node.Node.TellOthers = path => nodes.ForgetAsync(path, recursive: false);
            var files = new CacheFileSystem(nodes, () => source.Mounts);
            Door = new RestDoor(await RestServer.StartAsync(files, node, source.Clock, member.Address.Port, cluster, local));
            if (_grid is not null)
                await _grid.JoinAsync(new GridNode(node.Node, member, () => source.Mounts, node.Counters), default);
            await cluster.StartAsync();
        }

        public async Task StopAsync(Restart restart)
        {
            await LeaveAsync();
            await node.CloseAsync(restart);
        }

        public async ValueTask DisposeAsync()
        {
            await LeaveAsync();
            await node.DisposeAsync();
        }

        private async Task LeaveAsync()
        {
            if (_grid is not null)
                await _grid.DisposeAsync();
            if (Door is not null)
                await Door.DisposeAsync();
            if (_cluster is not null)
                await _cluster.DisposeAsync();
            (Door, _cluster, _grid) = (null, null, null);
        }
    }
}
