using System.Net;
using Orleans.Cache.Node.Tests.Alluxio;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>The oldest Alluxio clients list at one node and read by ids alone at whichever they like, also after restarts.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class ClusterDialectTests : IDisposable
{
    private readonly TemporaryDirectory _source = new(onTmpfs: true);

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task A_page_is_read_by_its_id_alone_at_nodes_that_never_heard_of_it()
    {
        byte[] content = new byte[CacheLimits.MiB + 10];
        new Random(1).NextBytes(content);
        string path = "file://" + _source.Write("f", content);
        await using NodeCluster cluster = await NodeCluster.StartAsync(3, "--mount", $"/=file://{_source.Path}");
        using (HttpResponseMessage unknown = await cluster[1].Http.GetAsync(AlluxioUrls.BarePage(path, 1)))
            Assert.Equal(HttpStatusCode.InternalServerError, unknown.StatusCode);

        await cluster[0].Http.GetStringAsync(AlluxioUrls.Files("file://" + _source.Path));
        Assert.Equal(content[CacheLimits.MiB..], await cluster[1].Http.GetByteArrayAsync(AlluxioUrls.BarePage(path, 1)));

        // Each remembers by itself: the one that answered the listing, and the one that asked it.
        Assert.Equal(0, await cluster.StopNodeAsync(2));
        Assert.Equal(0, await cluster.StopNodeAsync(0));
        await cluster.KillNodeAsync(1);
        await cluster.StartNodeAsync(1);
        Assert.Equal(content[CacheLimits.MiB..], await cluster[1].Http.GetByteArrayAsync(AlluxioUrls.BarePage(path, 1)));
    }
}
