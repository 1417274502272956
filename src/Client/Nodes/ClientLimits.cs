namespace Orleans.Cache.Client.Nodes;

/// <summary>Limits of talking to nodes, each with its unit and its reason.</summary>
public sealed record ClientLimits
{
    /// <summary>
    /// Connections for bytes of files and listings to one node. Each reader of what that node owns holds one until it has read its range, or has
    /// stopped for so long that it is cut: a thousand of them do not keep others waiting, and cost some 10 KiB each.
    /// </summary>
    public int ConnectionsPerNode { get; init; } = 1024;

    /// <summary>Connections for statuses and invalidations to one node: each takes well under a millisecond of the node's time.</summary>
    public int CallsPerNode { get; init; } = 64;

    /// <summary>
    /// Nodes are near: one that does not accept within two seconds is passed over. Not less: TCP repeats the first packet, which gets lost where many
    /// connect at once, after one second.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A request that brought nothing for so long makes us ping its node, for the source behind it may just be slow. With
    /// <see cref="PingTimeout"/> a frozen node is left after three seconds.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A ping does no work; longer than the longest pause of a healthy process, also while a thousand readers come to it at once:
    /// a node that is given up for that has its pages read a second time.
    /// </summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A node that is down is pinged so often: it is back in use within a second, and a dead one costs next to nothing.</summary>
    public TimeSpan PingPeriod { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Idle connections are closed after this time, before the nodes' own limit (130 s).</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of an answer that is held as a whole: statuses and figures. Far above any real one.</summary>
    public int MaxMessageBytes { get; init; } = 1 << 20;
}
