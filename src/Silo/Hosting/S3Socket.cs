using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Orleans.Cache.Gateway.SendFile;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Silo.Hosting;

/// <summary>
/// The socket of the S3 endpoint. Bound before the server starts: so its port is known although any free one was asked for, and a port that
/// nobody asked for may be taken without the node failing.
/// </summary>
internal sealed partial class S3Socket : IDisposable
{
    private readonly Socket _socket;

    private S3Socket(Socket socket) => _socket = socket;

    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Null: there is no S3 endpoint.</summary>
    /// <exception cref="CacheException">The port that was asked for is taken, or cannot be had.</exception>
    public static S3Socket? Bind(S3EndpointOptions? options, ILogger log)
    {
        if (options is null)
            return null;
        var wanted = new IPEndPoint(options.Listen, options.Port);
        try
        {
            return new S3Socket(SocketTransportOptions.CreateDefaultBoundListenSocket(wanted));
        }
        catch (SocketException e) when (options.IsOptional && e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            LogTaken(log, wanted);
            return null;
        }
        catch (SocketException e)
        {
            throw new CacheException(CacheError.Unavailable, e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"Port {options.Port} of {options.Listen} is taken by another process; give another --s3-port, 0 for any free one, or off."
                : $"Cannot listen on {wanted} for S3: {e.Message}", e);
        }
    }

    /// <summary>Has the server listen on it.</summary>
    public void Serve(WebApplicationBuilder builder, TimeSpan stallTimeout)
    {
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket =
            endpoint => Address.Equals(endpoint) ? _socket : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(Address, listen => listen.UseSendFile(stallTimeout)));
    }

    public void Dispose() => _socket.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "There is no S3 endpoint: {Address} is taken. Give another --s3-port, or off.")]
    private static partial void LogTaken(ILogger log, IPEndPoint address);
}
