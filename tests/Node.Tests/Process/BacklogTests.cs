using System.Net;
using System.Net.Sockets;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Process;

/// <summary>Many who connect at once find room to wait: who finds none tries again a second later, and a neighbour takes that for a lost node.</summary>
public sealed class BacklogTests
{
    /// <summary>A thousand readers, and as many whom the neighbours send on; the kernel's own bound is twice that.</summary>
    private const int Clients = 2000;

    [Fact]
    public async Task Two_thousand_connect_to_a_node_that_takes_nobody_in_and_are_served_when_it_does()
    {
        using var files = new TemporaryDirectory();
        using var store = new TemporaryDirectory();
        files.Write("f", "served"u8);
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/={files.Path}", "--store", $"{store["pages"]}=64MiB");
        var waiting = new List<Socket>();
        try
        {
            node.Freeze();
            for (int i = 0; i < Clients; i++)
                waiting.Add(await ConnectAsync(node.Rest));
            node.Thaw();

            await waiting[^1].SendAsync("GET /api/v1/files/f HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"u8.ToArray());
            using var answer = new StreamReader(new NetworkStream(waiting[^1]));
            Assert.EndsWith("\r\n\r\nserved", await answer.ReadToEndAsync(), StringComparison.Ordinal);
        }
        finally
        {
            waiting.ForEach(s => s.Dispose());
        }
    }

    /// <summary>For less than the second after which the kernel would try again.</summary>
    private static async Task<Socket> ConnectAsync(Uri node)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(0.9));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, node.Port), patience.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
