namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>Connections to stores.</summary>
internal static class StoreConnections
{
    /// <summary>Patience is <see cref="RequestPolicy"/>'s.</summary>
    public static HttpClient NewClient(HttpMessageHandler handler) => new(handler) { Timeout = Timeout.InfiniteTimeSpan };

    public static SocketsHttpHandler NewHandler(RequestLimits limits) => new()
    {
        ConnectTimeout = limits.ConnectPatience,
        // The limit of requests is kept elsewhere; connections beyond it would only idle.
        MaxConnectionsPerServer = limits.Concurrency,
        // Stores answer under many addresses, and take some of them away; a name is looked up again before long.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        AllowAutoRedirect = false,
        UseCookies = false,
        // A body that is left early: closing the connection costs less than reading the rest.
        MaxResponseDrainSize = 256 * CacheLimits.KiB,
    };
}
