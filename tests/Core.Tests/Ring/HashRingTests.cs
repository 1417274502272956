using FsCheck;
using FsCheck.Fluent;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Core.Tests.Ring;

public sealed class HashRingTests
{
    private const int Keys = 200_000;
    private static readonly UfsIdentity Storage = new("s3://bucket");

    private static readonly RingKey[] SomeKeys = [.. Enumerable.Range(0, Keys).Select(i => RingKey.Of(Storage, $"train/{i / 7:000000}.tar", i % 7))];

    [Fact]
    public void Of_a_hundred_equal_nodes_none_has_more_than_a_tenth_above_the_mean()
    {
        // The same names each time: a tenth is 4.5 standard deviations of a share, so of some thousand sets of a hundred names one has a node beyond it.
        for (int salt = 0; salt < 50; salt++)
            Assert.InRange(Imbalance(new HashRing(1, Members(100, salt)).Shares()), 1, 1.10);
    }

    [Fact]
    public void Shares_add_up_and_are_what_keys_find()
    {
        var ring = new HashRing(1, Members(7, 1));
        double[] shares = ring.Shares(), counted = Counted(ring);
        Assert.Equal(1, shares.Sum(), 9);
        for (int i = 0; i < shares.Length; i++)
            Assert.Equal(shares[i], counted[i], 0.005);
    }

    [Fact]
    public void A_node_that_joins_takes_its_part_and_nothing_else_moves() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), Arb.From(Gen.Choose(1, 40)), (salt, nodes) =>
        {
            RingMember[] members = Members(nodes + 1, salt);
            var before = new HashRing(1, members[..nodes]);
            var after = new HashRing(2, members);
            RingKey[] moved = [.. SomeKeys.Take(20_000).Where(key => before.Owner(key) != after.Owner(key))];
            double share = moved.Length / 20_000.0;
            return moved.All(key => after.Owner(key) == members[nodes]) && Math.Abs(share - 1.0 / (nodes + 1)) < 0.25 / (nodes + 1) + 0.005;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(30));

    [Fact]
    public void A_node_that_leaves_is_followed_by_the_next_owners() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), Arb.From(Gen.Choose(2, 12)), (salt, nodes) =>
        {
            RingMember[] members = Members(nodes, salt);
            RingMember gone = members[salt % nodes];
            var before = new HashRing(1, members);
            var after = new HashRing(2, members.Where(m => m != gone));
            return SomeKeys.Take(2_000).All(key => before.Owners(key, 3).Where(m => m != gone).SequenceEqual(after.Owners(key, 3).Take(before.Owners(key, 3).Count(m => m != gone))));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(30));

    [Fact]
    public void Weights_are_respected()
    {
        double[] weights = [0.25, 0.5, 1, 2, 4];
        var ring = new HashRing(1, weights.Select((w, i) => new RingMember($"w{i}", new Uri("http://x"), w)));
        double[] shares = ring.Shares();
        for (int i = 0; i < weights.Length; i++)
            Assert.InRange(shares[i] / (weights[i] / weights.Sum()), 0.85, 1.15);
    }

    [Fact]
    public void Order_and_addresses_of_members_do_not_matter()
    {
        RingMember[] members = Members(9, 5);
        var ring = new HashRing(1, members);
        var other = new HashRing(8, members.Reverse().Select(m => m with { Address = new Uri("http://elsewhere:1") }));
        Assert.Equal(ring.Fingerprint, other.Fingerprint);
        Assert.All(SomeKeys.Take(1000), key => Assert.Equal(ring.Owner(key)!.Name, other.Owner(key)!.Name));
        Assert.NotEqual(ring.Fingerprint, new HashRing(1, members[1..]).Fingerprint);
        Assert.NotEqual(ring.Fingerprint, new HashRing(1, [members[0] with { Weight = 2 }, .. members[1..]]).Fingerprint);
    }

    [Fact]
    public void The_lookup_finds_what_a_walk_over_all_points_finds()
    {
        // Places at the ends of the circle are where an index goes wrong.
        ulong[] places = [0, 1, ulong.MaxValue, ulong.MaxValue << 16, 1UL << 63, (1UL << 63) - 1];
        foreach (int nodes in (int[])[1, 2, 3, 50])
        {
            RingMember[] members = Members(nodes, 3);
            var ring = new HashRing(1, members);
            (ulong Point, RingMember Member)[] points = [.. members.SelectMany(PointsOf).OrderBy(p => p.Item1)];
            foreach (ulong place in places.Concat(SomeKeys.Take(500).Select(k => k.Value)))
            {
                ulong at = place >> 16;
                RingMember expected = points.Any(p => p.Point >= at) ? points.First(p => p.Point >= at).Member : points[0].Member;
                Assert.Equal(expected, ring.Owner(new RingKey(place)));
            }
        }

        static IEnumerable<(ulong, RingMember)> PointsOf(RingMember member)
        {
            ulong start = XxHash64.Of(System.Text.Encoding.UTF8.GetBytes(member.Name));
            for (ulong i = 0; i < HashRing.PointsPerWeight; i++)
                yield return (XxHash64.Avalanche(start + i * 0x9E3779B97F4A7C15) >> 16, member);
        }
    }

    [Fact]
    public void An_empty_ring_has_no_owner_and_a_small_one_gives_all_it_has()
    {
        var empty = new HashRing(1, []);
        Assert.Null(empty.Owner(SomeKeys[0]));
        Assert.Empty(empty.Owners(SomeKeys[0], 2));
        var pair = new HashRing(1, Members(2, 0));
        Assert.Equal(2, pair.Owners(SomeKeys[0], 5).Count);
    }

    [Theory]
    [InlineData("a,a", "'a'")]
    [InlineData(",b", "no name")]
    public void Names_that_cannot_be_told_apart_are_refused(string names, string complaint)
    {
        var e = Assert.Throws<CacheException>(() => new HashRing(1, names.Split(',').Select(n => new RingMember(n, new Uri("http://x")))));
        Assert.Contains(complaint, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(65)]
    [InlineData(double.NaN)]
    public void Weights_out_of_range_are_refused(double weight) =>
        Assert.Throws<CacheException>(() => new HashRing(1, [new RingMember("a", new Uri("http://x"), weight)]));

    private static RingMember[] Members(int count, int salt) =>
        [.. Enumerable.Range(0, count).Select(i => new RingMember($"node-{salt}-{i}", new Uri($"http://10.0.0.{i % 250}:28080")))];

    private static double Imbalance(double[] shares) => shares.Max() * shares.Length / shares.Sum();

    private static double[] Counted(HashRing ring)
    {
        Dictionary<string, int> order = ring.Members.Select((m, i) => (m.Name, i)).ToDictionary(m => m.Name, m => m.i);
        double[] counted = new double[order.Count];
        foreach (RingKey key in SomeKeys)
            counted[order[ring.Owner(key)!.Name]] += 1.0 / Keys;
        return counted;
    }
}
