using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Client;

/// <summary>How a <see cref="CacheClient"/> behaves. Immutable; the defaults suit a client near its nodes.</summary>
public sealed record CacheClientOptions
{
    /// <summary>
    /// Bytes that one stream reads ahead at most, once it has read half as much in order. 16 MiB keep a link of 25 Gbit/s busy for the
    /// 5 ms that a node may take to find a page. 0: streams do not read ahead.
    /// </summary>
    public int ReadAheadBytes { get; init; } = 16 * CacheLimits.MiB;

    /// <summary>Ranges that one read asks for at the same time, from 1 to 64. One alone leaves a fast network idle between its requests.</summary>
    public int RangesInFlight { get; init; } = 4;

    /// <summary>Bytes that all streams of the client hold together for read-ahead. Streams that find none left read without.</summary>
    public long BufferBytes { get; init; } = 256L * CacheLimits.MiB;

    /// <summary>
    /// Limits of talking to nodes: connections, times of waiting. 64 connections to one node, for a stream that stands still holds none:
    /// what is asked for is read at once, into its memory.
    /// </summary>
    public ClientLimits Limits { get; init; } = new() { ConnectionsPerNode = 64 };

    /// <summary>
    /// Opens an under storage that the cluster mounts, for reading when no node answers; null, or null for an identity: none, and such
    /// reads fail with NodeUnreachable. Called once for an identity; the client disposes of what it gives. Versions must come out as they
    /// do at the nodes, so use the same connector.
    /// </summary>
    public Func<UfsIdentity, IUnderStorage?>? UnderStorage { get; init; }

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <exception cref="CacheException">InvalidArgument, naming the option.</exception>
    internal void Validate()
    {
        Require(ReadAheadBytes is >= 0 and <= 1024 * CacheLimits.MiB, $"ReadAheadBytes is {ReadAheadBytes}; give 0 to 1 GiB.");
        Require(RangesInFlight is >= 1 and <= 64, $"RangesInFlight is {RangesInFlight}; give 1 to 64.");
        Require(BufferBytes >= 0, $"BufferBytes is {BufferBytes}; give 0 or more.");
        Require(Limits.ConnectionsPerNode > 0, $"Limits.ConnectionsPerNode is {Limits.ConnectionsPerNode}; give 1 or more.");
        Require(Limits.CallsPerNode > 0, $"Limits.CallsPerNode is {Limits.CallsPerNode}; give 1 or more.");
        Require(Limits.MaxMessageBytes > 0, $"Limits.MaxMessageBytes is {Limits.MaxMessageBytes}; give 1 or more.");
        foreach (TimeSpan time in (ReadOnlySpan<TimeSpan>)[Limits.ConnectTimeout, Limits.Patience, Limits.PingTimeout, Limits.PingPeriod, Limits.IdleTimeout])
            Require(time > TimeSpan.Zero && time.TotalHours <= 24, $"{time} is among the times of Limits; give more than nothing and at most a day.");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new CacheException(CacheError.InvalidArgument, message);
    }
}
