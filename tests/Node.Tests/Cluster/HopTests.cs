using Orleans.Cache.Client;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>Requests go one way: a byte takes one hop between nodes at most, none for who asks its owner. Counted, not believed.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class HopTests(ITestOutputHelper output)
{
    private const int Nodes = 3;

    [Fact]
    public Task Every_byte_read_through_any_node_takes_one_hop_at_most() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(Nodes, "--mount", $"/=file://{files.Path}");
        await files.CacheAllAsync(cluster[0]);
        Func<string, int> ownerOf = await OwnersAsync(cluster);
        for (int entrance = 0; entrance < Nodes; entrance++)
        {
            Hops before = await Hops.CountAsync(cluster);
            foreach ((string path, byte[] content) in files.All)
                Assert.Equal(content, await cluster[entrance].GetFileAsync(path));
            Hops hops = (await Hops.CountAsync(cluster)).Since(before);

            (string Path, byte[] Content)[] far = [.. files.All.Where(f => ownerOf(f.Path) != entrance)];
            Assert.InRange(far.Length, 1, files.All.Count - 1);
            // What belongs elsewhere was passed on once, by the entrance: what it was passed to kept it.
            for (int node = 0; node < Nodes; node++)
            {
                Assert.Equal((node, node == entrance ? far.Length : 0), (node, hops.ForwardedReads[node]));
                Assert.Equal((node, node == entrance ? far.Length : 0), (node, hops.ForwardedStatuses[node]));
                Assert.Equal((node, node == entrance ? far.Sum(f => f.Content.LongLength) : 0), (node, hops.ForwardedBytes[node]));
                Assert.Equal((node, node == entrance ? 0 : far.Count(f => ownerOf(f.Path) == node)), (node, hops.PeerReads[node]));
            }
            // Each byte left one node's engine, once.
            Assert.Equal(files.All.Sum(f => f.Content.LongLength), hops.Served.Sum());
        }
    });

    [Fact]
    public Task A_client_that_knows_the_ring_takes_no_hop_between_nodes() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(Nodes, "--mount", $"/=file://{files.Path}");
        await files.CacheAllAsync(cluster[0]);
        await using CacheClient client = await CacheClient.ConnectAsync(cluster[0].Rest);
        Hops before = await Hops.CountAsync(cluster);

        foreach ((string path, byte[] content) in files.All)
        {
            await using CacheReadStream stream = await client.OpenReadAsync(path);
            byte[] read = new byte[content.Length];
            await stream.ReadExactlyAsync(read);
            Assert.Equal(content, read);
        }

        Hops hops = (await Hops.CountAsync(cluster)).Since(before);
        Func<string, int> ownerOf = await OwnersAsync(cluster);
        Assert.All(hops.ForwardedReads.Concat(hops.ForwardedStatuses).Concat(hops.ForwardedBytes), count => Assert.Equal(0, count));
        for (int node = 0; node < Nodes; node++)
            Assert.Equal(files.All.Where(f => ownerOf(f.Path) == node).Sum(f => f.Content.LongLength), hops.Served[node]);
    });

    /// <summary>As a client would whose ring is older than the cluster's, or a node that has taken another for down.</summary>
    [Fact]
    public Task What_a_peer_asks_is_served_where_it_lands_whoever_owns_it() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var files = new SourceFiles(seed);
        await using NodeCluster cluster = await NodeCluster.StartAsync(Nodes, "--mount", $"/=file://{files.Path}");
        await files.CacheAllAsync(cluster[0]);
        Func<string, int> ownerOf = await OwnersAsync(cluster);
        (string path, byte[] content) = files.All.First(f => ownerOf(f.Path) != 0);
        Hops before = await Hops.CountAsync(cluster);

        string escaped = Uri.EscapeDataString(path);
        System.Text.Json.JsonElement file = (await cluster[0].GetJsonAsync($"api/v1/peer/status?path={escaped}")).GetProperty("status").GetProperty("file");
        string query = string.Join('&', file.EnumerateObject().Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value.ToString())}"));
        byte[] read = await cluster[0].Http.GetByteArrayAsync($"api/v1/peer/data?{query}");

        Hops hops = (await Hops.CountAsync(cluster)).Since(before);
        Assert.Equal(content, read);
        Assert.All(hops.ForwardedReads.Concat(hops.ForwardedStatuses), count => Assert.Equal(0, count));
        Assert.Equal([1, 0, 0], hops.PeerReads);
        Assert.Equal([content.LongLength, 0, 0], hops.Served);
    });

    /// <summary>Who owns a file, as every process computes it from the names alone.</summary>
    internal static async Task<Func<string, int>> OwnersAsync(NodeCluster cluster)
    {
        string identity = (await cluster[0].GetJsonAsync("api/v1/mounts")).GetProperty("mounts")[0].GetProperty("ufs").GetString()!;
        var ring = new HashRing(1, Enumerable.Range(0, Nodes).Select(i => new RingMember(NodeCluster.NameOf(i), cluster[i].Rest)));
        return path => int.Parse(ring.Owner(RingKey.OfFile(new UfsIdentity(identity), path[1..]))!.Name[1..], null) - 1;
    }

    /// <summary>What the nodes have counted, node by node.</summary>
    private sealed record Hops(long[] ForwardedReads, long[] ForwardedStatuses, long[] ForwardedBytes, long[] PeerReads, long[] Served)
    {
        public static async Task<Hops> CountAsync(NodeCluster cluster)
        {
            Task<long[]> Of(string metric) => Task.WhenAll(cluster.Running.Select(async n => (long)await n.GetMetricAsync(metric)));
            long[] cached = await Of("ocache_cache_read_bytes_total"), filled = await Of("ocache_fill_read_bytes_total"), past = await Of("ocache_bypass_read_bytes_total");
            return new Hops(
                await Of("ocache_forward_reads_total"), await Of("ocache_forward_statuses_total"), await Of("ocache_forward_read_bytes_total"),
                await Of("ocache_peer_reads_total"), [.. cached.Zip(filled, past).Select(s => s.First + s.Second + s.Third)]);
        }

        public Hops Since(Hops before) => new(
            Minus(ForwardedReads, before.ForwardedReads), Minus(ForwardedStatuses, before.ForwardedStatuses), Minus(ForwardedBytes, before.ForwardedBytes),
            Minus(PeerReads, before.PeerReads), Minus(Served, before.Served));

        private static long[] Minus(long[] now, long[] before) => [.. now.Zip(before, (n, b) => n - b)];
    }
}
