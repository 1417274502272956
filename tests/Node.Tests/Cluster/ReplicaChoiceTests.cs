using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>Which of several replicas a reader asks: the ring's order is everybody's, the choice is each reader's own.</summary>
public sealed class ReplicaChoiceTests : IDisposable
{
    private const int Keys = 1000;

    private readonly PeerTransport _transport = new(new ClientLimits(), TimeProvider.System);
    private readonly HashRing _ring;
    private readonly Dictionary<string, ICacheNode> _nodes = [];

    public ReplicaChoiceTests()
    {
        _ring = new HashRing(1, Enumerable.Range(1, 6).Select(i => new RingMember($"n{i}", new Uri("http://127.0.0.1:1"))));
        foreach (RingMember member in _ring.Members)
            _nodes.Add(member.Name, new HttpNode(member, CacheLimits.MiB, _transport, _ => null));
    }

    public void Dispose() => _transport.Dispose();

    [Fact]
    public void A_replica_serves_itself() => Assert.All(AllKeys, key =>
    {
        foreach (RingMember replica in _ring.Owners(key, 3))
            Assert.Equal(replica.Name, View(replica.Name).ActingKeeper(key, replicas: 3)!.Name);
    });

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Other_readers_spread_over_the_replicas_and_each_stays_with_its_choice(int replicas)
    {
        int[] places = new int[replicas];
        foreach (RingKey key in AllKeys)
        {
            string[] owners = [.. _ring.Owners(key, replicas).Select(m => m.Name)];
            string chosen = View("a client").ActingKeeper(key, replicas)!.Name;
            places[Array.IndexOf(owners, chosen)]++;
            Assert.Equal(chosen, View("a client").ActingKeeper(key, replicas)!.Name);
        }
        Assert.All(places, count => Assert.InRange(count, Keys / replicas * 0.8, Keys / replicas * 1.2));
        Assert.InRange(AllKeys.Count(k => View("a client").ActingKeeper(k, replicas) != View("another").ActingKeeper(k, replicas)), Keys / 4, Keys);
    }

    [Fact]
    public void All_replicas_are_asked_before_those_who_stand_in_for_them() => Assert.All(AllKeys, key =>
    {
        string[] owners = [.. _ring.Owners(key, 4).Select(m => m.Name)];
        string[] asked = [.. View("a client").Keepers(key, replicas: 2).Select(n => n.Name)];
        Assert.Equal(owners[..2].Order(), asked[..2].Order());
        Assert.Equal(owners[2..], asked[2..]);
    });

    [Fact]
    public void One_that_is_down_is_passed_over_and_nobody_takes_its_place_while_another_is_up()
    {
        RingKey key = AllKeys[0];
        string[] owners = [.. _ring.Owners(key, 4).Select(m => m.Name)];
        ((HttpNode)_nodes[owners[0]]).Life.Doubt();
        foreach (string reader in Enumerable.Range(0, 20).Select(i => $"reader {i}").Append(owners[0]).Append(owners[2]))
            Assert.Equal(owners[1], View(reader).ActingKeeper(key, replicas: 2)!.Name);

        ((HttpNode)_nodes[owners[1]]).Life.Doubt();
        Assert.Equal(owners[2], View("a client").ActingKeeper(key, replicas: 2)!.Name);
    }

    private static RingKey[] AllKeys { get; } = [.. Enumerable.Range(0, Keys).Select(i => RingKey.OfFile(new UfsIdentity("file:///data"), $"f{i}"))];

    private ClusterNodes View(string reader) => new(_ring, _nodes, reader);
}
