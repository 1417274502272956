using System.Net;
using System.Net.Sockets;
using Orleans.Cache.Client.Cluster;

namespace Orleans.Cache.Grains.Silos;

/// <summary>Which port a silo takes where none was given.</summary>
internal static class SiloPorts
{
    public static int Choose(GridOptions options)
    {
        if (options.SiloPort != 0)
            return options.SiloPort;
        bool isFirst = options.Database is null && TryTake(options.Address, options.FirstPort) is not null;
        return isFirst ? options.FirstPort : TryTake(options.Address, 0)!.Value;
    }

    /// <summary>A port that is free now; somebody may take it before the silo does, which then says so.</summary>
    private static int? TryTake(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException) when (port != 0)
        {
            return null;
        }
    }
}
