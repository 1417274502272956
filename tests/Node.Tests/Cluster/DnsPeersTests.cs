using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Client.Fallback;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>A cluster whose members are what a name resolves to. The nodes are real; only what DNS says is the test's.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class DnsPeersTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new(onTmpfs: true);
    private readonly int _port = ReservedPorts.Take(1)[0];
    private readonly Answers _dns = new();
    private readonly CacheCounters _counters = new();
    private readonly List<NodeProcess> _nodes = [];
    private IUnderStorage _source = null!;
    private UnderStorageNode _local = null!;
    private ClusterMembership _cluster = null!;
    private INodeDirectory _directoryOfNodes = null!;

    public async Task InitializeAsync()
    {
        _directory.Write("source/f", [1]);
        _source = UnderStorageFactory.Create($"file://{_directory["source"]}", TimeProvider.System);
        var mounts = new MountTable(1, [new Mount(CachePath.Root, _source, Freshness.Default)]);
        _local = new UnderStorageNode(() => mounts, CacheLimits.DefaultPageSize, TimeProvider.System);
        _cluster = new ClusterMembership("me", new DnsMembers(new DnsPeers("cache.test", _port), _dns, TimeProvider.System, NullLogger.Instance), () => mounts, TimeProvider.System, NullLogger.Instance);
        _directoryOfNodes = _cluster.Join(_local, _counters);
        await StartNodeAsync("n2", host: 2);
        await StartNodeAsync("n3", host: 3);
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        foreach (NodeProcess node in _nodes)
            await node.DisposeAsync();
        await _source.DisposeAsync();
    }

    public void Dispose()
    {
        _local.Dispose();
        _counters.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Members_come_and_go_with_the_answers_of_DNS_and_are_called_as_they_say()
    {
        _dns.Say(2);
        await _cluster.StartAsync();
        Assert.Equal(["n2 at 2 up"], Members());
        (long version, string ring) = (_cluster.Ring.Version, _cluster.RingText);
        ICacheNode second = NodeOf("n2");

        // One comes; who was there is the same node, with its connections and what is known of it.
        _dns.Say(3, 2);
        await UntilMembersAsync("n2 at 2 up", "n3 at 3 up");
        Assert.True(_cluster.Ring.Version > version);
        Assert.NotEqual(ring, _cluster.RingText);
        Assert.Same(second, NodeOf("n2"));

        // An address where nobody answers is nobody.
        _dns.Say(2, 3, 9);
        await _dns.UntilAskedAgainAsync();
        Assert.Equal(["n2 at 2 up", "n3 at 3 up"], Members());

        // One goes; the ring is the one before it came.
        _dns.Say(2);
        await UntilMembersAsync("n2 at 2 up");
        Assert.Equal(ring, _cluster.RingText);
    }

    [Fact]
    public async Task A_dead_node_stays_a_member_until_DNS_forgets_it_and_is_itself_at_another_address()
    {
        _dns.Say(2, 3);
        await _cluster.StartAsync();
        await _nodes[0].KillAsync();
        await NodeProcess.UntilAsync(() => Task.FromResult(Members()[0] == "n2 at 2 down"), "a dead node that is up");
        await _dns.UntilAskedAgainAsync();
        Assert.Equal(["n2 at 2 down", "n3 at 3 up"], Members());
        string ring = _cluster.RingText;

        // It moved, and DNS still gives its old address too.
        await StartNodeAsync("n2", host: 4);
        _dns.Say(2, 3, 4);
        await UntilMembersAsync("n2 at 4 up", "n3 at 3 up");
        Assert.Equal(ring, _cluster.RingText);
    }

    [Fact]
    public async Task While_DNS_does_not_answer_the_members_stay()
    {
        _dns.Say(2, 3);
        await _cluster.StartAsync();
        _dns.Fail();
        await _dns.UntilAskedAgainAsync();
        Assert.Equal(["n2 at 2 up", "n3 at 3 up"], Members());

        _dns.Say();
        await _dns.UntilAskedAgainAsync();
        Assert.Equal(["n2 at 2 up", "n3 at 3 up"], Members());
    }

    /// <summary>The whole way, with the machine's own resolver.</summary>
    [Fact]
    public async Task A_node_finds_itself_by_its_name()
    {
        int port = ReservedPorts.Take(1)[0];
        await using NodeProcess node = await NodeProcess.StartAsync(
            "--name", "solo", "--peers", $"dns://localhost:{port}", "--rest-port", $"{port}", "--mount", $"/=file://{_directory["source"]}", "--store", $"{_directory["solo"]}=64MiB");

        JsonElement member = Assert.Single((await node.GetJsonAsync("api/v1/cluster")).GetProperty("members").EnumerateArray());

        Assert.Equal(("solo", $"http://127.0.0.1:{port}/", "up"), (member.GetProperty("name").GetString(), member.GetProperty("url").GetString(), member.GetProperty("state").GetString()));
        Assert.Equal([1], await node.GetFileAsync("/f"));
    }

    private async Task StartNodeAsync(string name, int host) => _nodes.Add(await NodeProcess.StartAsync(
        "--name", name, "--listen", $"127.0.0.{host}", "--rest-port", $"{_port}", "--mount", $"/=file://{_directory["source"]}", "--store", $"{_directory[$"{name}-{host}"]}=64MiB"));

    private ICacheNode NodeOf(string name) => _directoryOfNodes.All.Single(n => n.Name == name);

    /// <summary>Name, last number of the address, state.</summary>
    private string[] Members() => [.. _cluster.Describe().Members.Select(m => $"{m.Name} at {m.Url.Host.Split('.')[^1]} {m.State}")];

    private Task UntilMembersAsync(params string[] members) =>
        NodeProcess.UntilAsync(() => Task.FromResult(Members().SequenceEqual(members)), $"a cluster of other members than {string.Join(", ", members)}");

    /// <summary>What DNS says: addresses 127.0.0.x, or nothing.</summary>
    private sealed class Answers : IHostAddresses
    {
        private volatile IPAddress[]? _addresses = [];
        private int _asked;

        public void Say(params int[] hosts) => _addresses = [.. hosts.Select(h => IPAddress.Parse($"127.0.0.{h}"))];

        public void Fail() => _addresses = null;

        /// <summary>Until an answer to the question after the next has been taken in.</summary>
        public Task UntilAskedAgainAsync()
        {
            int asked = Volatile.Read(ref _asked);
            return NodeProcess.UntilAsync(() => Task.FromResult(Volatile.Read(ref _asked) >= asked + 2), "a cluster that does not ask DNS again");
        }

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            Assert.Equal("cache.test", host);
            Interlocked.Increment(ref _asked);
            return _addresses is { } addresses ? Task.FromResult(addresses) : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.TryAgain));
        }
    }
}
