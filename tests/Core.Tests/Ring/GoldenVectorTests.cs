using System.Text;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Core.Tests.Ring;

/// <summary>
/// Where keys lie must never change between processes and releases: cached pages would lie on the wrong nodes. These vectors were
/// computed by an independent program from the description in docs/CLUSTER.md, the first four of XXH64 come from its authors.
/// </summary>
public sealed class GoldenVectorTests
{
    private static readonly HashRing Ring = new(1, [Member("n1"), Member("n2"), Member("n3"), Member("n4", 2.5)]);

    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    [InlineData("Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1)]
    public void The_hash_is_XXH64(string text, ulong hash) => Assert.Equal(hash, XxHash64.Of(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("file:///data", "train/0001.tar", 0, 0x73ad2ffb0cbcbe66, "n3 n4 n1")]
    [InlineData("file:///data", "train/0001.tar", 1, 0xf0fb62f5d18faeb1, "n4 n2 n1")]
    [InlineData("s3://bucket", "models/größe ü.safetensors", 7, 0x2ef1b2ac1bf31fad, "n4 n1 n3")]
    [InlineData("mem://x", "", 0, 0x52d0ff24ca2a4ace, "n4 n2 n1")]
    public void Keys_and_their_owners_stay_where_they_are(string identity, string key, long stripe, ulong place, string owners)
    {
        RingKey found = RingKey.Of(new UfsIdentity(identity), key, stripe);
        Assert.Equal(new RingKey(place), found);
        Assert.Equal(owners, string.Join(' ', Ring.Owners(found, 3).Select(m => m.Name)));
        Assert.Equal(owners[..2], Ring.Owner(found)!.Name);
    }

    [Fact]
    public void A_row_of_files_stays_where_it_is()
    {
        IEnumerable<char> owners = Enumerable.Range(0, 64).Select(i => Ring.Owner(RingKey.OfFile(new UfsIdentity("file:///data"), $"f{i}"))!.Name[1]);
        Assert.Equal("4434113443321143441441133134344134214121231314243343124414413441", string.Concat(owners));
    }

    private static RingMember Member(string name, double weight = 1) => new(name, new Uri($"http://{name}:28080"), weight);
}
