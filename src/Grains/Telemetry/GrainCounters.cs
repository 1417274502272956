using System.Diagnostics.Metrics;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Grains.Telemetry;

/// <summary>What grains on this silo did, since it started; published with the node's other counters.</summary>
public sealed class GrainCounters
{
    /// <summary>Calls that files' grains here answered: opens and stats of files that this node owns, but those that were asked here and believed.</summary>
    public Tally FileCalls { get; } = new();

    /// <summary>Calls that pages' grains here answered.</summary>
    public Tally PageCalls { get; } = new();

    /// <summary>Messages that the node's own grain took.</summary>
    public Tally NodeCalls { get; } = new();

    /// <summary>Calls that the mounts' grain answered, where it lives here.</summary>
    public Tally MountCalls { get; } = new();

    /// <summary>Fills that pages' grains here began.</summary>
    public Tally FillsBegun { get; } = new();

    /// <summary>All of them now.</summary>
    public GridFigures Read(string silo, LiveActivations live) =>
        new(silo, FileCalls.Value, PageCalls.Value, FillsBegun.Value, NodeCalls.Value, live.Count, live.Made.Value);

    /// <summary>Adds them to what the node publishes.</summary>
    public void Publish(CacheCounters counters, LiveActivations live)
    {
        counters.ObserveCounter("ocache.grain.calls", Calls, "{call}", "Calls that grains on this silo answered.");
        counters.ObserveCounter<long>("ocache.grain.fills", () => [new(FillsBegun.Value)], "{fill}", "Fills that pages' grains began.");
        counters.ObserveCounter<long>("ocache.grain.activated", () => [new(live.Made.Value)], "{activation}", "Activations of files' and pages' grains that were made.");
        counters.ObserveGauge("ocache.grain.activations", () => [new(live.Count)], "{activation}", "Activations of files' and pages' grains that live now.");
    }

    private Measurement<long>[] Calls() =>
    [
        new(FileCalls.Value, new KeyValuePair<string, object?>("grain", "file")),
        new(PageCalls.Value, new KeyValuePair<string, object?>("grain", "page")),
        new(NodeCalls.Value, new KeyValuePair<string, object?>("grain", "node")),
        new(MountCalls.Value, new KeyValuePair<string, object?>("grain", "mount")),
    ];
}
