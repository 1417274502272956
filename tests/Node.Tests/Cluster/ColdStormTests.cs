using System.Net;
using System.Net.Http.Headers;
using Orleans.Cache.Node.Tests.Process;
using Orleans.Cache.Testing;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>A thousand readers who all come at once, over all nodes, to a file that nobody has read yet.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class ColdStormTests(ITestOutputHelper output)
{
    private const int Pages = 64;
    private const int Readers = 1000;

    [Fact]
    public Task A_thousand_cold_readers_read_no_page_twice_from_the_under_storage() => ClusterRounds.RunAsync(output, async seed =>
    {
        using var source = new TemporaryDirectory(onTmpfs: true);
        byte[] content = new byte[Pages * CacheLimits.MiB];
        new Random(seed).NextBytes(content);
        string file = source.Write("cold", content);
        // All ask at once, and what is not kept would be read again: the file must be old enough to be kept.
        await NodeProcess.UntilAsync(() => Task.FromResult(File.GetLastWriteTimeUtc(file) < DateTime.UtcNow.AddSeconds(-2.1)), "a file younger than two seconds");
        await using NodeCluster cluster = await NodeCluster.StartAsync(3, "--mount", $"/=file://{source.Path}");
        using var clients = new Clients(cluster);

        await Task.WhenAll(Enumerable.Range(0, Readers).Select(i => Task.Run(() => ReadAsync(clients[i], content, i % Pages * CacheLimits.MiB))));

        Assert.Equal(Pages, await cluster.SumAsync("ocache_ufs_pages_total"));
        Assert.Equal(content.Length, await cluster.SumAsync("ocache_ufs_read_bytes_total"));
    });

    /// <summary>A page and a part of the next: large enough that it is no small read, which passes the cache by.</summary>
    private static async Task ReadAsync(HttpClient node, byte[] content, int from)
    {
        int length = Math.Min(CacheLimits.MiB + new CacheLimits().BypassBelowBytes, content.Length - from);
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/files/cold");
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
