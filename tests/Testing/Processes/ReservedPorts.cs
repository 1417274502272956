using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Orleans.Cache.Testing.Processes;

/// <summary>
/// Ports that nodes can be told before they start, and take again when they are restarted. Below the range that the kernel gives to
/// outgoing connections: one of those would sit on the port of a node that is down for a moment.
/// </summary>
public static class ReservedPorts
{
    private const int Lowest = 10_000;

    /// <summary>Free now. Another process may be faster, so who starts nodes on them tries again with others.</summary>
    public static int[] Take(int count)
    {
        string range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range");
        int above = int.Parse(range.Split('\t', ' ')[0], CultureInfo.InvariantCulture);
        var listeners = new List<TcpListener>();
        try
        {
            while (listeners.Count < count)
            {
                var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(Lowest, above));
                try
                {
                    listener.Start();
                    listeners.Add(listener);
                }
                catch (SocketException)
                {
                    listener.Dispose();
                }
            }
            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(l => l.Dispose());
        }
    }
}
