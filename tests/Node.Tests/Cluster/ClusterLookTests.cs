using System.Net.Http.Headers;
using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>What is said of the cache, and what is loaded into it, is of all nodes, whichever one is asked.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class ClusterLookTests : IDisposable
{
    private const long Stripe = 256L * CacheLimits.MiB;

    private readonly TemporaryDirectory _source = new(onTmpfs: true);

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task Explain_names_the_owner_of_each_page_at_every_node()
    {
        const int Files = 8;
        for (int i = 0; i < Files; i++)
            MakeSparse($"f{i}", 2 * Stripe + 10);
        await using NodeCluster cluster = await NodeCluster.StartAsync(2, "--mount", $"/=file://{_source.Path}");
        var owners = new HashSet<string>();
        int divided = 0;
        for (int i = 0; i < Files; i++)
        {
            // A page in the middle of the first stripe, and the last one of the second.
            await ReadPageAsync(cluster[i % 2], $"f{i}", 7);
            await ReadPageAsync(cluster[i % 2], $"f{i}", 511);
            JsonElement one = await cluster[0].GetJsonAsync($"api/v1/explain/f{i}"), other = await cluster[1].GetJsonAsync($"api/v1/explain/f{i}");
            Assert.Equal(2, one.GetProperty("pages").GetProperty("cached").GetInt64());
            Assert.Equal(one.GetProperty("pages").GetRawText(), other.GetProperty("pages").GetRawText());
            Assert.Equal(one.GetProperty("ranges").GetRawText(), other.GetProperty("ranges").GetRawText());
            JsonElement[] cached = [.. one.GetProperty("ranges").EnumerateArray().Where(r => r.TryGetProperty("store", out _))];
            Assert.Equal([7, 511], cached.Select(r => r.GetProperty("firstPage").GetInt64()));
            string?[] nodes = [.. cached.Select(r => r.GetProperty("node").GetString())];
            Assert.Equal(one.GetProperty("owner").GetProperty("node").GetString(), nodes[0]);
            Assert.All(cached, r => Assert.Contains($"/{r.GetProperty("node").GetString()}", r.GetProperty("store").GetString(), StringComparison.Ordinal));
            owners.UnionWith(nodes!);
            divided += nodes[0] == nodes[1] ? 0 : 1;
        }
        // Sixteen tosses of a coin.
        Assert.Equal(["n1", "n2"], owners.Order());
        Assert.NotEqual(0, divided);
    }

    [Fact]
    public async Task More_than_one_node_can_hold_is_loaded_into_all()
    {
        // 300 MiB for two stores of 256 MiB.
        for (int i = 0; i < 75; i++)
            MakeSparse($"d/{i}", 4 * CacheLimits.MiB);
        MakeSparse("last", CacheLimits.MiB);
        await using NodeCluster cluster = await NodeCluster.StartAsync(2, "--mount", $"/=file://{_source.Path}");
        // A load reads what is too young to be kept twice; once the file made last is kept, none is.
        await ReadPageAsync(cluster[0], "last", 0);
        double before = await cluster.SumAsync("ocache_ufs_read_bytes_total");
        ProgramResult load = await cluster[0].OcacheAsync("load", "/d", "--follow");
        Assert.True(load.ExitCode == 0, load.Output + load.Errors);
        Assert.Equal(300L * CacheLimits.MiB, await cluster.SumAsync("ocache_ufs_read_bytes_total") - before);
        Assert.All(await Task.WhenAll(cluster.Running.Select(n => n.GetMetricAsync("ocache_store_pages"))), pages => Assert.InRange(pages, 1, 299));
    }

    /// <summary>Until it is kept: what is younger than two seconds is not.</summary>
    private static Task ReadPageAsync(NodeProcess node, string file, long page) => NodeProcess.UntilAsync(
        async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/files/{file}");
            request.Headers.Range = new RangeHeaderValue(page * CacheLimits.MiB, (page + 1) * CacheLimits.MiB - 1);
            using HttpResponseMessage answer = await node.Http.SendAsync(request);
            Assert.Equal(CacheLimits.MiB, (await answer.Content.ReadAsByteArrayAsync()).Length);
            return (await node.GetJsonAsync($"api/v1/explain/{file}")).GetProperty("ranges").EnumerateArray().Any(
                r => r.GetProperty("firstPage").GetInt64() <= page && page <= r.GetProperty("lastPage").GetInt64() && r.TryGetProperty("store", out _));
        },
        $"page {page} of {file}, which is not kept");

    private void MakeSparse(string name, long length)
    {
        using FileStream file = File.OpenWrite(_source.Write(name, []));
        file.SetLength(length);
    }
}
