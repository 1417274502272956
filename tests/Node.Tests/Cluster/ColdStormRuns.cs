using System.Net;
using System.Net.Http.Headers;
using Orleans.Cache.Testing;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>A thousand readers who all come at once, over all nodes, to a file that nobody has read yet.</summary>
/// <param name="output">Where seeds and figures are said.</param>
/// <param name="membership">How the nodes find each other.</param>
internal sealed class ColdStormRuns(ITestOutputHelper output, MembershipArguments membership)
{
    private const int Pages = 32;
    private const int Readers = 1000;

    /// <summary>At most, so that the source fits into memory; a node needs a second or two to start, a storm less than one.</summary>
    private const int Storms = 24;

    /// <summary>Storms after the node was ready: the others have heard of it by then.</summary>
    private const int StormsAfter = 4;

    /// <summary>
    /// Members that reach each other read no page twice from the under storage. A thousand clients on the same processors may hold one up for so long that another takes it for away and
    /// serves in its place: then twice, but not storm after storm.
    /// </summary>
    public Task StormAsync() => ClusterRounds.RunAsync(output, async seed =>
    {
        string[] files = ["cold0", "cold1", "cold2"];
        using var source = new TemporaryDirectory(onTmpfs: true);
        byte[] content = await WriteAsync(source, seed, files);
        await using NodeCluster cluster = await NodeCluster.StartAsync(membership, 3, "--mount", $"/=file://{source.Path}");
        double pages = 0;
        foreach (string file in files)
        {
            (double pagesBefore, double bytesBefore) = (await cluster.SumAsync("ocache_ufs_pages_total"), await KeptBytesAsync(cluster));
            await StormAsync(cluster, file, content);
            pages = await cluster.SumAsync("ocache_ufs_pages_total") - pagesBefore;
            Assert.InRange(pages, Pages, 2 * Pages);
            Assert.Equal(pages * CacheLimits.MiB, await KeptBytesAsync(cluster) - bytesBefore);
            if (pages == Pages)
                break;
            output.WriteLine($"{pages} pages of {file} were read.");
        }
        Assert.Equal(Pages, pages);
    });

    /// <summary>Storm after storm while a fourth node joins: whoever thinks what of the ring, no page is read more than twice, and soon again once.</summary>
    public Task GrowAsync() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var source = new TemporaryDirectory(onTmpfs: true);
        byte[] content = await WriteAsync(source, seed, [.. Enumerable.Range(0, Storms).Select(i => $"cold{i}")]);
        await using NodeCluster cluster = await NodeCluster.StartAsync(membership, members: 4, started: 3, _ => ["--mount", $"/=file://{source.Path}"]);
        await cluster.UntilTogetherAsync();
        await StormAsync(cluster, "cold0", content);
        double before = await cluster.SumAsync("ocache_ufs_pages_total");
        var fills = new List<double> { before };
        Task joins = cluster.StartNodeAsync(3);
        for (int storm = 1, since = 0; storm < Storms && since < StormsAfter; storm++)
        {
            since += joins.IsCompleted ? 1 : 0;
            await StormAsync(cluster, $"cold{storm}", content);
            double now = await cluster.SumAsync("ocache_ufs_pages_total");
            fills.Add(now - before);
            before = now;
        }
        await joins;
        await cluster.UntilTogetherAsync();
        output.WriteLine($"pages read of {Pages}, storm by storm: {string.Join(", ", fills)}");
        Assert.All(fills, pages => Assert.InRange(pages, Pages, 2 * Pages));
        Assert.Equal(Pages, fills[0]);
        Assert.Equal(Pages, fills[^1]);
    });

    /// <summary>The little of the next page goes past the cache where it is asked for before anybody has begun to fill that page.</summary>
    private static async Task<double> KeptBytesAsync(NodeCluster cluster) =>
        await cluster.SumAsync("ocache_ufs_read_bytes_total") - await cluster.SumAsync("ocache_bypass_read_bytes_total");

    /// <summary>Files of the same bytes, old enough to be kept: all ask at once, and what is not kept would be read again.</summary>
    private static async Task<byte[]> WriteAsync(TemporaryDirectory source, int seed, params string[] names)
    {
        byte[] content = new byte[Pages * CacheLimits.MiB];
        new Random(seed).NextBytes(content);
        foreach (string name in names)
            source.Write(name, content);
        string last = source[names[^1]];
        await NodeProcess.UntilAsync(() => Task.FromResult(File.GetLastWriteTimeUtc(last) < DateTime.UtcNow.AddSeconds(-2.1)), "a file younger than two seconds");
        return content;
    }

    private static async Task StormAsync(NodeCluster cluster, string file, byte[] content)
    {
        using var clients = new Clients(cluster);
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(i => Task.Run(() => ReadAsync(clients[i], file, content, i % Pages * CacheLimits.MiB))));
    }

    /// <summary>A page and a part of the next: large enough that it is no small read, which passes the cache by.</summary>
    private static async Task ReadAsync(HttpClient node, string file, byte[] content, int from)
    {
        int length = Math.Min(CacheLimits.MiB + new CacheLimits().BypassBelowBytes, content.Length - from);
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/files/" + file);
        request.Headers.Range = new RangeHeaderValue(from, from + length - 1);
        using HttpResponseMessage answer = await node.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(body.AsSpan().SequenceEqual(content.AsSpan(from, length)), $"Bytes from {from} on are not the file's.");
    }

    /// <summary>One for each node, taken in turns.</summary>
    private sealed class Clients(NodeCluster cluster) : IDisposable
    {
        private readonly HttpClient[] _all = [.. cluster.Running.Select(n => new HttpClient { BaseAddress = n.Rest, Timeout = Programs.Patience })];

        public HttpClient this[int reader] => _all[reader % _all.Length];

        public void Dispose()
        {
            foreach (HttpClient client in _all)
                client.Dispose();
        }
    }
}
