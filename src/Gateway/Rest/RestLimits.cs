using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Orleans.Cache.Gateway.Rest;

/// <summary>Every limit of the REST front-end in one place, each with its unit and its reason.</summary>
public sealed record RestLimits
{
    /// <summary>Bytes of a request line: a path of 4,096 bytes with each byte written as %XX, the route and a query around it.</summary>
    public int MaxRequestLineBytes { get; init; } = 16 * CacheLimits.KiB;

    /// <summary>Bytes of all request headers: cookies and tokens of proxies fit, and 10,000 connections cannot hold gigabytes.</summary>
    public int MaxHeadersBytes { get; init; } = 32 * CacheLimits.KiB;

    /// <summary>Request headers: no client of ours sends more than 20.</summary>
    public int MaxHeaders { get; init; } = 64;

    /// <summary>Bytes of a request body: small JSON objects that name a path. Uploads of files have no limit.</summary>
    public long MaxRequestBodyBytes { get; init; } = 64 * CacheLimits.KiB;

    /// <summary>
    /// Connections at one time: 10,000 that idle and 2,000 that work. Each costs about 16 KiB idle, so all stay below 200 MiB. Fewer
    /// where the process may not open so many descriptors (<see cref="DescriptorBudget"/>).
    /// </summary>
    public long MaxConnections { get; init; } = 12_000;

    /// <summary>
    /// Connections that the kernel has made and that wait to be taken, per port; the kernel's own bound (net.core.somaxconn, 4,096 since Linux 5.4) counts
    /// too. A thousand clients come at once, and a thousand readers at each of their neighbours: one for whom there is no room waits a second until
    /// it tries again, and a node that waits so long for another takes it for lost.
    /// </summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>An idle connection is kept longer than clients and load balancers pool theirs (60 to 120 s), so that they close first.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>A request's headers must be there within this time; slower is an attack or a dead peer.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Bytes per second that a client must take from us: a stopped reader would hold buffers and a version for ever.</summary>
    public double MinResponseBytesPerSecond { get; init; } = 16 * CacheLimits.KiB;

    /// <summary>A client may stop for this long (a training step, a garbage collection) before the rate counts.</summary>
    public TimeSpan MinResponseGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A client that takes no byte of a file, or sends none of an upload, for so long is cut off: longer than a training step or a garbage collection, short enough that leases end.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Response bytes buffered per connection before the sender waits for the client: one chunk on its way, one being read.</summary>
    public long ResponseBufferBytes { get; init; } = 128 * CacheLimits.KiB;

    /// <summary>Ranges of one request; Parquet and Zarr readers ask for a handful, abuse for thousands.</summary>
    public int MaxRanges { get; init; } = 16;

    /// <summary>Entries of a page of a listing unless the request says otherwise: about 200 KiB of JSON.</summary>
    public int DefaultListEntries { get; init; } = 1000;

    /// <summary>Most entries a request may ask for: listings are streamed, so this bounds time, not memory.</summary>
    public int MaxListEntries { get; init; } = 10_000;

    /// <summary>Runs of pages that an explanation names: more than a person reads, a few dozen KiB of JSON.</summary>
    public int MaxExplainRanges { get; init; } = 1000;

    /// <summary>Hot files that are named unless the request says otherwise: a screen.</summary>
    public int DefaultTopFiles { get; init; } = 20;

    /// <summary>Most hot files that a request may ask for; the node counts no more.</summary>
    public int MaxTopFiles { get; init; } = 256;

    /// <summary>Longest time that a request may have the node watched, in seconds: below the patience of clients.</summary>
    public int MaxTopSeconds { get; init; } = 10;

    /// <summary>Lines of the log unless the request says otherwise.</summary>
    public int DefaultLogLines { get; init; } = 100;

    /// <summary>Most lines of the log; the node keeps no more.</summary>
    public int MaxLogLines { get; init; } = 1000;

    /// <summary>A mount's root must answer within this time for the node to be ready: below the 5 s after which probes give up.</summary>
    public TimeSpan ReadinessTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The backlog of a process that may open so many descriptors. All that wait may be taken at once, those too that are then turned away: who runs out of descriptors as it
    /// takes one, takes none any more.
    /// </summary>
    public int BacklogWithin(long descriptors) => (int)Math.Min(Backlog, Math.Max(1, descriptors / 2));

    /// <summary>Connections at one time for a process that may open so many descriptors.</summary>
    public long ConnectionsWithin(long descriptors) => Math.Min(MaxConnections, DescriptorBudget.Connections(descriptors));

    /// <summary>Gives Kestrel its part of the limits.</summary>
    public void ApplyTo(KestrelServerOptions server)
    {
        KestrelServerLimits limits = server.Limits;
        limits.MaxRequestLineSize = MaxRequestLineBytes;
        limits.MaxRequestHeadersTotalSize = MaxHeadersBytes;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestBodySize = MaxRequestBodyBytes;
        limits.MaxRequestBufferSize = Math.Max(MaxRequestLineBytes + MaxHeadersBytes, MaxRequestBodyBytes);
        limits.MaxConcurrentConnections = ConnectionsWithin(DescriptorBudget.Limit);
        limits.KeepAliveTimeout = KeepAliveTimeout;
        limits.RequestHeadersTimeout = RequestHeadersTimeout;
        limits.MinResponseDataRate = new MinDataRate(MinResponseBytesPerSecond, MinResponseGrace);
        limits.MaxResponseBufferSize = ResponseBufferBytes;
        server.AddServerHeader = false;
    }
}
