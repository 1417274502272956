using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Client;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Model.Tests.Doors;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Ring;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>
/// Three nodes over one source that reach each other over HTTP, as they do in a static cluster. Each question goes to another one
/// of those that run, or through a client that knows them all. A restart ends a node, or starts it where it had ended: most sequences run with one of them gone for a while.
/// </summary>
internal sealed class ClusterBench : IBench
{
    private const int Count = 3;

    /// <summary>A node that is back is noticed within a few operations, so that the sequences see much coming and going.</summary>
    private static readonly ClientLimits Limits = new() { PingPeriod = TimeSpan.FromMilliseconds(5) };

    private readonly BenchSource _source;
    private readonly Member[] _members;
    private ClientDoor? _client;

    private ClusterBench(Setup setup)
    {
        _source = new BenchSource(setup);
        int[] ports = FreePorts();
        RingMember[] ring = [.. ports.Select((port, i) => new RingMember($"n{i + 1}", new Uri($"http://127.0.0.1:{port}")))];
        _members = [.. ring.Select(m => new Member(new BenchNode(m.Name, setup, _source.Mounts, Clock), m.Address.Port, ring, _source))];
        Door = new RotatingDoor(() => [.. _members.Where(m => m.Node.IsOpen).Select(m => m.Door!), _client!]);
    }

    public ManualTimeProvider Clock => _source.Clock;

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

    public Task SettledAsync() => Task.WhenAll(_members.Where(m => m.Node.IsOpen).Select(m => m.Node.Node.FillsEndedAsync()));

    /// <summary>The other nodes go on believing what they believe.</summary>
    public async Task<bool> RestartAsync(Restart restart)
    {
        Member chosen = _members[(restart.Seed & int.MaxValue) % Count];
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
        foreach (Member member in _members)
            await member.DisposeAsync();
        await _source.DisposeAsync();
    }

    /// <summary>Below the range of outgoing connections, which would take the port of a node that is gone for a while.</summary>
    private static int[] FreePorts()
    {
        string range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range");
        int above = int.Parse(range.Split('\t', ' ')[0], CultureInfo.InvariantCulture);
        var listeners = new List<TcpListener>();
        while (listeners.Count < Count)
        {
            var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(10_000, above));
            try
            {
                listener.Start();
                listeners.Add(listener);
            }
            catch (SocketException)
            {
                listener.Dispose();
            }
        }
        int[] ports = [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        listeners.ForEach(l => l.Dispose());
        return ports;
    }

    /// <summary>A node with all that makes it one of the cluster.</summary>
    private sealed class Member(BenchNode node, int port, RingMember[] ring, BenchSource source) : IAsyncDisposable
    {
        private ClusterMembership? _cluster;

        public BenchNode Node => node;

        public Uri Address => new($"http://127.0.0.1:{port}");

        public RestDoor? Door { get; private set; }

        public async Task StartAsync()
        {
            // The model's clock stands still; peers are waited for in real time.
            var cluster = new ClusterMembership(node.Name, new ListedMembers(ring), () => source.Mounts, TimeProvider.System, NullLogger.Instance, Limits);
            _cluster = cluster;
            await node.OpenAsync(cluster.AskNeighboursFirst, cluster.FreezeWatch);
            var files = new CacheFileSystem(cluster.Join(node.Node, node.Counters), () => source.Mounts);
            Door = new RestDoor(await RestServer.StartAsync(files, node, source.Clock, port, cluster));
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
            if (Door is not null)
                await Door.DisposeAsync();
            if (_cluster is not null)
                await _cluster.DisposeAsync();
            (Door, _cluster) = (null, null);
        }
    }
}
