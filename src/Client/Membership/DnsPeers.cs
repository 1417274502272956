using System.Net;

namespace Orleans.Cache.Client.Membership;

/// <summary>A cluster whose nodes are the addresses of one name, all at one port.</summary>
/// <param name="Host">The name; a headless service of Kubernetes, for example.</param>
/// <param name="Port">Of their REST APIs.</param>
public sealed record DnsPeers(string Host, int Port);

/// <summary>Asks for the addresses of a name.</summary>
public interface IHostAddresses
{
    /// <exception cref="System.Net.Sockets.SocketException">There is no answer.</exception>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);
}

/// <summary>The machine's resolver: DNS, /etc/hosts, as it is configured.</summary>
public sealed class SystemHostAddresses : IHostAddresses
{
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);
}
