namespace Orleans.Cache.Client.Nodes;

/// <summary>The connections of a process to all nodes. Pings have their own, so that they never wait behind data.</summary>
internal sealed class PeerTransport : IDisposable
{
    public PeerTransport(ClientLimits limits, TimeProvider time)
    {
        Limits = limits;
        Time = time;
        Requests = Create(limits.ConnectionsPerNode);
        Pings = Create(connections: 2);

        HttpClient Create(int connections) => new(new SocketsHttpHandler
        {
            // Nodes are near: no proxy knows them, and a redirect would hide who answered.
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectTimeout = limits.ConnectTimeout,
            MaxConnectionsPerServer = connections,
            PooledConnectionIdleTimeout = limits.IdleTimeout,
            ActivityHeadersPropagator = null,
        })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
    }

    public ClientLimits Limits { get; }

    public TimeProvider Time { get; }

    public HttpClient Requests { get; }

    public HttpClient Pings { get; }

    public void Dispose()
    {
        Requests.Dispose();
        Pings.Dispose();
    }
}
