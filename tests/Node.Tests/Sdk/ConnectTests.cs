using System.Net;
using System.Net.Sockets;
using Orleans.Cache.Client;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Metadata;
using Orleans.Cache.Node.Tests.Cluster;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>How a program finds a cluster, and what it is told where it does not.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class ConnectTests(SdkNodes nodes) : IClassFixture<SdkNodes>
{
    [Fact]
    public async Task Any_node_will_do_and_names_all_others()
    {
        foreach (NodeProcess node in nodes.Cluster.Running)
        {
            await using CacheClient client = await CacheClient.ConnectAsync(node.Rest);
            Assert.Equal(["n1", "n2", "n3"], client.Cluster.Members.Select(m => m.Name));
            Assert.All(client.Cluster.Members, m => Assert.Equal("up", m.State));
            Assert.Equal(1, client.Cluster.Members.Sum(m => m.Share), precision: 6);
            Assert.Equal(["/data", "/rw", "/strict"], client.Cluster.Mounts.Select(m => m.Path));
            Assert.Equal(nodes.Medium.Length, (await client.GetStatusAsync("/data/medium")).Length);
        }
    }

    [Fact]
    public async Task An_address_where_nobody_listens_is_named_with_the_reason()
    {
        var nobody = new Uri($"http://127.0.0.1:{ReservedPorts.Take(1)[0]}");
        CacheException refused = await Assert.ThrowsAsync<CacheException>(() => CacheClient.ConnectAsync(nobody));
        Assert.Equal(CacheError.NodeUnreachable, refused.Error);
        Assert.Contains(nobody.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Contains("refused", refused.Message, StringComparison.OrdinalIgnoreCase);

        var nowhere = new Uri("http://no-such-host.invalid:28080");
        refused = await Assert.ThrowsAsync<CacheException>(() => CacheClient.ConnectAsync(nowhere));
        Assert.Equal(CacheError.NodeUnreachable, refused.Error);
        Assert.Contains("no-such-host.invalid", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>", "is not a node")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "names no members")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", "302")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "")]
    public async Task A_server_that_is_no_node_is_named_as_that(string answer, string said)
    {
        using var server = new WrongServer(answer);
        CacheException refused = await Assert.ThrowsAsync<CacheException>(() => CacheClient.ConnectAsync(server.Address));
        Assert.Equal(CacheError.NodeUnreachable, refused.Error);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.Contains(server.Address.ToString(), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_address_that_answers_is_enough()
    {
        var nobody = new Uri($"http://127.0.0.1:{ReservedPorts.Take(1)[0]}");
        await using CacheClient client = await CacheClient.ConnectAsync([nobody, nodes.Cluster[1].Rest]);
        Assert.Equal("n2", client.Cluster.Node);
    }

    [Fact]
    public async Task Waiting_for_a_server_that_says_nothing_ends_with_the_token_and_by_itself()
    {
        using var server = new WrongServer("");
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CacheClient.ConnectAsync(server.Address, null, soon.Token));

        var limits = new ClientLimits { Patience = TimeSpan.FromMilliseconds(50), PingTimeout = TimeSpan.FromMilliseconds(50) };
        CacheException refused = await Assert.ThrowsAsync<CacheException>(() => CacheClient.ConnectAsync(server.Address, new() { Limits = limits }));
        Assert.Equal(CacheError.NodeUnreachable, refused.Error);
        Assert.Contains("no answer", refused.Message, StringComparison.Ordinal);
    }

    public static TheoryData<CacheClientOptions, string> WrongOptions => new()
    {
        { new() { ReadAheadBytes = -1 }, "ReadAheadBytes" },
        { new() { RangesInFlight = 0 }, "RangesInFlight" },
        { new() { RangesInFlight = 65 }, "RangesInFlight" },
        { new() { BufferBytes = -1 }, "BufferBytes" },
        { new() { Limits = new() { ConnectionsPerNode = 0 } }, "ConnectionsPerNode" },
        { new() { Limits = new() { Patience = TimeSpan.Zero } }, "Limits" },
        { new() { Limits = new() { ConnectTimeout = Timeout.InfiniteTimeSpan } }, "Limits" },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public async Task An_option_out_of_its_range_is_named(CacheClientOptions options, string named)
    {
        CacheException refused = await Assert.ThrowsAsync<CacheException>(() => nodes.ConnectAsync(options));
        Assert.Equal(CacheError.InvalidArgument, refused.Error);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("cache-1:28080")]
    [InlineData("ftp://cache-1")]
    [InlineData("/api/v1")]
    public async Task What_is_no_address_of_a_node_is_refused(params string[] addresses)
    {
        CacheException refused = await Assert.ThrowsAsync<CacheException>(() => CacheClient.ConnectAsync(addresses.Select(a => new Uri(a, UriKind.RelativeOrAbsolute))));
        Assert.Equal(CacheError.InvalidArgument, refused.Error);
    }

    [Fact]
    public async Task A_client_that_was_disposed_of_says_so()
    {
        CacheClient client = await nodes.ConnectAsync();
        FileStatus file = await client.GetStatusAsync("/data/medium");
        CacheReadStream open = client.OpenRead(file);
        byte[] buffer = new byte[100];
        await open.ReadExactlyAsync(buffer);
        await client.DisposeAsync();
        await client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetStatusAsync("/data/medium"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.ReadAsync(file, 0, buffer));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.ListAsync("/data").GetAsyncEnumerator().MoveNextAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await open.ReadExactlyAsync(buffer));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.DeleteAsync("/rw/nothing"));
        await open.DisposeAsync();
    }

    /// <summary>Answers every connection with the same bytes, whatever it is asked; with none, it says nothing and stays.</summary>
    private sealed class WrongServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<TcpClient> _clients = [];

        public WrongServer(string answer)
        {
            _listener.Start();
            _ = ServeAsync(System.Text.Encoding.ASCII.GetBytes(answer));
        }

        public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

        public void Dispose()
        {
            _listener.Stop();
            _clients.ForEach(c => c.Dispose());
        }

        private async Task ServeAsync(byte[] answer)
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                _clients.Add(client);
                await client.GetStream().ReadExactlyAsync(new byte[16]);
                await client.GetStream().WriteAsync(answer);
            }
        }
    }
}
