using System.Net;
using System.Net.Sockets;
using Orleans.Cache.Gateway.Rest.Mounting;

namespace Orleans.Cache.Node.Tests.Mounting;

/// <summary>Whose a connection is, over real sockets of this machine.</summary>
public sealed class LocalUserTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "::1")]
    public async Task A_connection_of_ones_own_is_recognised(string listen, string connect)
    {
        if (!Socket.OSSupportsIPv6 && listen.Contains(':', StringComparison.Ordinal))
            return;
        using var listener = new Socket(IPAddress.Parse(listen).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (listen == "::")
            listener.DualMode = true;
        listener.Bind(new IPEndPoint(IPAddress.Parse(listen), 0));
        listener.Listen();
        using var client = new Socket(IPAddress.Parse(connect).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse(connect), ((IPEndPoint)listener.LocalEndPoint!).Port));
        using Socket accepted = await listener.AcceptAsync();
        Assert.True(LocalUser.Owns((IPEndPoint)accepted.RemoteEndPoint!, (IPEndPoint)accepted.LocalEndPoint!));
        // Nobody's: no socket of this machine has these ends.
        var stranger = new IPEndPoint(((IPEndPoint)accepted.RemoteEndPoint!).Address, 1);
        Assert.False(LocalUser.Owns(stranger, (IPEndPoint)accepted.LocalEndPoint!));
        // A socket that was closed belongs to nobody, and stands in the table as root's.
        var peer = (IPEndPoint)accepted.RemoteEndPoint!;
        client.Dispose();
        Assert.Equal(0, await accepted.ReceiveAsync(new byte[1]));
        Assert.False(LocalUser.Owns(peer, (IPEndPoint)accepted.LocalEndPoint!));
    }

    [Fact]
    public async Task A_client_whose_socket_speaks_both_protocols_is_recognised()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint);
        using Socket accepted = await listener.AcceptSocketAsync();
        Assert.True(LocalUser.Owns((IPEndPoint)accepted.RemoteEndPoint!, (IPEndPoint)accepted.LocalEndPoint!));
    }

    [Fact]
    public void Another_machine_is_nobody() =>
        Assert.False(LocalUser.Owns(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 4711), new IPEndPoint(IPAddress.Parse("192.0.2.2"), 28080)));
}
