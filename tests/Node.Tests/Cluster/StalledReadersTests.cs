using System.Net;
using System.Net.Sockets;
using System.Text;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>Clients that ask a node for what others own and then stop reading hold connections between nodes. Nobody else may wait for them.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class StalledReadersTests
{
    private const int Files = 6;
    private const int Stalled = 300;
    private const long Length = 64L * CacheLimits.MiB;

    /// <summary>Milliseconds are enough; those who stopped reading are cut after a minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Three_hundred_readers_that_stop_keep_nobody_from_reading_and_writing()
    {
        using var source = new TemporaryDirectory(onTmpfs: true);
        for (int i = 0; i < Files; i++)
        {
            using FileStream big = File.Create(source[$"big{i}"]);
            big.SetLength(Length);
        }
        await using NodeCluster cluster = await NodeCluster.StartAsync(2, "--mount", $"/={source.Path},rw");
        var stalled = new List<TcpClient>();
        try
        {
            for (int i = 0; i < Stalled; i++)
                stalled.Add(await StallAsync(cluster[0].Rest, $"/api/v1/files/big{i % Files}"));

            using var http = new HttpClient { BaseAddress = cluster[0].Rest, Timeout = Patience };
            for (int i = 0; i < Files; i++)
            {
                using var put = new StringContent($"content {i}");
                (await http.PutAsync($"api/v1/files/small{i}", put)).Dispose();
                Assert.Equal($"content {i}", await http.GetStringAsync($"api/v1/files/small{i}"));
                using var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/files/big{i}");
                request.Headers.Range = new(Length - 3 * CacheLimits.MiB, Length - 1);
                using HttpResponseMessage answer = await http.SendAsync(request);
                Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
                Assert.Equal(new byte[3 * CacheLimits.MiB], await answer.Content.ReadAsByteArrayAsync());
            }
        }
        finally
        {
            stalled.ForEach(s => s.Dispose());
        }
    }

    /// <summary>Reads the first bytes of the answer and no more.</summary>
    private static async Task<TcpClient> StallAsync(Uri node, string target)
    {
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Parse(node.Host), node.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: node\r\n\r\n"));
        using var patience = new CancellationTokenSource(Patience);
        byte[] answer = new byte[12];
        await stream.ReadExactlyAsync(answer, patience.Token);
        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(answer));
        return client;
    }
}
