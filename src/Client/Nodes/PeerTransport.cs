namespace Orleans.Cache.Client.Nodes;

/// <summary>The connections of a process to all nodes. Pings and calls have their own, so that they never wait behind data whose readers have stopped.</summary>
internal sealed class PeerTransport : IDisposable
{
    public PeerTransport(ClientLimits limits, TimeProvider time)
    {
        Limits = limits;
        Time = time;
        Requests = Create(limits.ConnectionsPerNode);
        Calls = Create(limits.CallsPerNode);
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

    /// <summary>For bytes of files and listings, whose readers set the pace.</summary>
    public HttpClient Requests { get; }

    /// <summary>For short questions and orders.</summary>
    public HttpClient Calls { get; }

    public HttpClient Pings { get; }

    public void Dispose()
    {
        Requests.Dispose();
        Calls.Dispose();
        Pings.Dispose();
    }
}
