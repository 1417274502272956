using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Cache.Gateway.SendFile;

/// <summary>How a node's plain HTTP/1.1 endpoints reach the speed of their files; see docs/decisions/0002-sendfile.md.</summary>
public static class FastConnections
{
    /// <summary>
    /// Lets the runtime complete socket operations on the thread that got the event. For the whole process, and only before its
    /// first socket: the node calls it first of all. Work that blocks must then leave those threads (<see cref="Rest.OffEventThread"/>).
    /// </summary>
    public static void CompleteSocketsInline() => Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

    /// <summary>
    /// Requests, too, start on the thread that got the event. And a connection waits for its next request with a buffer in hand, which
    /// saves a system call a request and costs an idle connection what <see cref="ReceiveBlocks"/> says.
    /// </summary>
    /// <param name="host">The node's web host.</param>
    /// <param name="backlog">Connections that wait to be taken, per port.</param>
    public static IWebHostBuilder UseInlineScheduling(this IWebHostBuilder host, int backlog) => host.UseSockets(sockets =>
    {
        sockets.Backlog = backlog;
        sockets.UnsafePreferInlineScheduling = true;
        sockets.WaitForDataBeforeAllocatingBuffer = false;
    }).ConfigureServices(services => services.AddSingleton<IMemoryPoolFactory<byte>, ReceiveBlocks.Factory>());

    /// <summary>Cached file ranges leave this endpoint by sendfile. Plain TCP and HTTP/1.x only: TLS and HTTP/2 stand between body and socket.</summary>
    /// <param name="listen">The endpoint.</param>
    /// <param name="stallTimeout">A client that takes no byte for so long is cut off.</param>
    public static void UseSendFile(this ListenOptions listen, TimeSpan stallTimeout)
    {
        listen.Protocols = HttpProtocols.Http1;
        var crowd = new Crowd(TimeProvider.System);
        listen.Use(next => connection => connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket
            ? ServeAsync(next, connection, socket, crowd, stallTimeout)
            : next(connection));
    }

    private static async Task ServeAsync(ConnectionDelegate next, ConnectionContext connection, Socket socket, Crowd crowd, TimeSpan stallTimeout)
    {
        crowd.Enter();
        try
        {
            using var client = new ClientPresence(connection, socket, stallTimeout);
            SendFileConnection.Wrap(connection, socket, client.Abort, stallTimeout);
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            crowd.Leave();
        }
    }
}
