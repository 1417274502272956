using System.Collections.Immutable;
using System.Net;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Grains.Tests;

/// <summary>Names, keys and rings without a cluster.</summary>
public sealed class PlacementTests
{
    [Theory]
    [InlineData("n1", 1, "n1=http://10.0.0.1:28080")]
    [InlineData("rack-2.n_1", 0.5, "rack-2.n_1*0.5=http://10.0.0.1:28080")]
    public void A_silo_s_name_carries_its_node(string name, double weight, string text)
    {
        var member = new RingMember(name, new Uri("http://10.0.0.1:28080"), weight);

        Assert.Equal(text, SiloName.Of(member));
        Assert.Equal(member, SiloName.TryParse(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Silo_1a2b3")]
    [InlineData("=http://10.0.0.1:28080")]
    [InlineData("n1*many=http://10.0.0.1:28080")]
    [InlineData("n1*1000=http://10.0.0.1:28080")]
    [InlineData("n1=nowhere")]
    public void Silos_that_are_no_nodes_are_left_out(string? name) => Assert.Null(SiloName.TryParse(name));

    [Fact]
    public void Keys_carry_what_placement_needs()
    {
        var ring = new RingKey(0x0123456789abcdef);
        CachePath path = CachePath.Parse("/a b/ü");
        IdSpan file = IdSpan.Create(GrainKey.OfFile(ring, path)), page = IdSpan.Create(GrainKey.OfPage(ring, new FileId(5), 42)), node = IdSpan.Create(GrainKey.OfNode("n1"));

        Assert.Equal("0123456789abcdef/a b/ü", file.ToString());
        Assert.True(GrainKey.TryReadRing(file, out RingKey ofFile) && ofFile == ring);
        Assert.True(GrainKey.TryReadRing(page, out RingKey ofPage) && ofPage == ring);
        Assert.False(GrainKey.TryReadRing(node, out _));
        Assert.True(GrainKey.TryReadNode(node, out string name) && name == "n1");
        Assert.False(GrainKey.TryReadNode(file, out _));
        Assert.Equal(path, GrainKey.PathOf(file));
        Assert.False(GrainKey.TryReadRing(IdSpan.Create("mounts"), out _));
        Assert.False(GrainKey.TryReadRing(IdSpan.Create("0123456789abcdeg/x"), out _));
    }

    [Fact]
    public void Only_active_silos_are_on_the_ring_and_of_one_name_the_younger()
    {
        SiloAddress old = Silo(1, generation: 1), young = Silo(1, generation: 2), joining = Silo(2, 1), other = Silo(3, 1), stranger = Silo(4, 1);
        var ring = new SiloRing(Snapshot(
            (old, SiloStatus.Active, "n1=http://10.0.0.1:1"), (young, SiloStatus.Active, "n1=http://10.0.0.1:2"), (joining, SiloStatus.Joining, "n2=http://10.0.0.2:1"),
            (other, SiloStatus.Active, "n3=http://10.0.0.3:1"), (stranger, SiloStatus.Active, "Silo_4")));

        Assert.Equal(["n1", "n3"], ring.Ring.Members.Select(m => m.Name));
        Assert.Equal(2, ring.Ring.Members[0].Address.Port);
        Assert.Equal(young, ring.SiloOf(GrainId.Create("node", GrainKey.OfNode("n1"))));
        Assert.Null(ring.SiloOf(GrainId.Create("node", GrainKey.OfNode("n2"))));
    }

    [Fact]
    public void A_silo_that_restarts_elsewhere_gets_its_keys_back()
    {
        SiloRing before = new(Snapshot((Silo(1, 1), SiloStatus.Active, "n1=http://10.0.0.1:1"), (Silo(2, 1), SiloStatus.Active, "n2=http://10.0.0.2:1")));
        SiloRing after = new(Snapshot((Silo(9, 7), SiloStatus.Active, "n1=http://10.0.0.9:1"), (Silo(2, 1), SiloStatus.Active, "n2=http://10.0.0.2:1")));

        for (ulong i = 0; i < 1000; i++)
        {
            GrainId grain = GrainId.Create("file", GrainKey.OfFile(new RingKey(i * 0x9E3779B97F4A7C15), CachePath.Parse("/f")));
            Assert.Equal(before.SiloOf(grain)!.Equals(Silo(1, 1)), after.SiloOf(grain)!.Equals(Silo(9, 7)));
        }
    }

    private static SiloAddress Silo(int host, int generation) => SiloAddress.New(IPAddress.Parse($"10.0.0.{host}"), 11111, generation);

    private static ClusterMembershipSnapshot Snapshot(params (SiloAddress Silo, SiloStatus Status, string Name)[] members) => new(
        members.ToImmutableDictionary(m => m.Silo, m => new ClusterMember(m.Silo, m.Status, m.Name)), new MembershipVersion(1));
}
