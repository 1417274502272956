using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;

namespace Orleans.Cache.Node.Tests.SendFile;

/// <summary>Holds what decision 0002 relies on: Kestrel counts file bytes, order is kept, and where the trick cannot work it is not tried.</summary>
public sealed class SendFileTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 100)]
    [InlineData(17, 16 * 1024)]
    [InlineData(12345, 1_000_000)]
    [InlineData(0, 8 << 20)]
    public async Task The_range_arrives_byte_for_byte_and_the_connection_stays(int offset, int length)
    {
        await using SendFileServer server = await SendFileServer.StartAsync(Random(8 << 20));
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = server.Address };

        for (int request = 0; request < 3; request++)
            Assert.Equal(server.Content[offset..(offset + length)], await client.GetByteArrayAsync($"{offset}/{length}"));

        Assert.Equal(3, server.Sent);
        Assert.False(server.Aborted.Task.IsCompleted);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using SendFileServer server = await SendFileServer.StartAsync(Random(1 << 20));
        using Socket socket = await ConnectAsync(server);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET /0/70000 HTTP/1.1\r\nHost: x\r\n\r\nGET /5/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));

        byte[] answer = await ReadToEndAsync(socket);

        int first = answer.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Assert.Equal(server.Content[..70000], answer[first..(first + 70000)]);
        Assert.Equal(server.Content[5..8], answer[^3..]);
    }

    [Fact]
    public async Task A_reader_that_stalls_gets_everything_in_the_end()
    {
        await using SendFileServer server = await SendFileServer.StartAsync(Random(16 << 20));
        using Socket socket = await ConnectAsync(server);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /0/{16 << 20} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        // The sockets' buffers are full, and the server waits, once a second request's worth of time has passed for others.
        using (var other = new HttpClient { BaseAddress = server.Address })
            Assert.Equal(server.Content[..(1 << 20)], await other.GetByteArrayAsync($"0/{1 << 20}"));

        byte[] answer = await ReadToEndAsync(socket);

        Assert.Equal(server.Content, answer[^(16 << 20)..]);
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_the_request()
    {
        await using SendFileServer server = await SendFileServer.StartAsync(Random(16 << 20));
        Socket socket = await ConnectAsync(server);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /0/{16 << 20} HTTP/1.1\r\nHost: x\r\n\r\n"));
        await socket.ReceiveAsync(new byte[1000]);

        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();

        await server.Aborted.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_client_that_takes_nothing_is_cut_off()
    {
        await using SendFileServer server = await SendFileServer.StartAsync(Random(64 << 20), stallTimeout: TimeSpan.FromMilliseconds(200));
        using Socket socket = await ConnectAsync(server);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /0/{64 << 20} HTTP/1.1\r\nHost: x\r\n\r\n"));

        await server.Aborted.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Behind_a_body_that_somebody_wraps_it_declines_and_nothing_is_lost()
    {
        await using SendFileServer server = await SendFileServer.StartAsync(Random(1 << 20), app => app.Use(async (context, next) =>
        {
            Stream body = context.Response.Body;
            using var buffered = new MemoryStream();
            context.Response.Body = buffered;
            await next(context);
            context.Response.Body = body;
            await body.WriteAsync(buffered.ToArray());
        }));
        using var client = new HttpClient { BaseAddress = server.Address };

        Assert.Equal(server.Content[3..100_003], await client.GetByteArrayAsync("3/100000"));
        Assert.Equal((0, 1), (server.Sent, server.Declined));
    }

    private static byte[] Random(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static async Task<Socket> ConnectAsync(SendFileServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        return socket;
    }

    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var answer = new MemoryStream();
        await using var stream = new NetworkStream(socket);
        await stream.CopyToAsync(answer);
        return answer.ToArray();
    }
}
