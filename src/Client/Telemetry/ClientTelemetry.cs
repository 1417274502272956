using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Orleans.Cache.Client.Telemetry;

/// <summary>What the client tells of itself: a meter and an activity source, both called <see cref="Name"/>. Listed in docs/DOTNET.md.</summary>
internal static class ClientTelemetry
{
    public const string Name = "Orleans.Cache.Client";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>Bytes that nodes or under storages sent, read-ahead included.</summary>
    public static readonly Counter<long> BytesRead = Meter.CreateCounter<long>("ocache.client.read.bytes", "By", "Bytes received, read-ahead included.");

    public static readonly Counter<long> Ranges = Meter.CreateCounter<long>("ocache.client.ranges", "{range}", "Ranges asked for.");

    public static readonly Counter<long> Failovers = Meter.CreateCounter<long>("ocache.client.failovers", "{failover}", "Calls that left a node for another.");

    public static readonly Counter<long> FallbackBytes = Meter.CreateCounter<long>("ocache.client.fallback.bytes", "By", "Bytes read from under storages because no node answered.");

    public static readonly Counter<long> UnusedBytes = Meter.CreateCounter<long>("ocache.client.readahead.unused.bytes", "By", "Bytes read ahead and never asked for.");

    public static readonly Counter<long> Refetches = Meter.CreateCounter<long>("ocache.client.ring.refetches", "{refetch}", "Descriptions of the cluster that were fetched again.");

    public static readonly UpDownCounter<long> Buffers = Meter.CreateUpDownCounter<long>("ocache.client.buffers.bytes", "By", "Memory that read-ahead holds.");
}
