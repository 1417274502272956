using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Orleans.Cache.Telemetry;

/// <summary>What one node counts, since its process started. Published as meter <see cref="MeterName"/>.</summary>
public sealed class CacheCounters : IDisposable
{
    public const string MeterName = "Orleans.Cache";

    /// <summary>Traces of fills. Hits are not traced, they are counted.</summary>
    public static readonly ActivitySource Activities = new(MeterName);

    private readonly Meter _meter = new(MeterName);

    public CacheCounters()
    {
        Observe("ocache.page.hits", Hits, "{read}", "Reads of a page answered from the page store or a fill under way.");
        Observe("ocache.page.misses", Misses, "{read}", "Reads that had to start a fill.");
        Observe("ocache.page.bypasses", Bypasses, "{read}", "Reads that went past the cache: small, random, or not publishable.");
        Observe("ocache.cache.read", BytesFromCache, "By", "Bytes answered from the page store.");
        Observe("ocache.fill.read", BytesFromFills, "By", "Bytes answered from the buffers of fills.");
        Observe("ocache.bypass.read", BytesFromBypasses, "By", "Bytes answered past the cache.");
        Observe("ocache.ufs.read", BytesFromUfs, "By", "Bytes read from under storages.");
        Observe("ocache.ufs.reads", UfsReads, "{read}", "Ranged reads sent to under storages.");
        Observe("ocache.ufs.pages", PagesFilled, "{page}", "Pages read from under storages.");
        Observe("ocache.ufs.stats", UfsStats, "{stat}", "Status requests sent to under storages.");
        Observe("ocache.ufs.lists", UfsLists, "{list}", "Listings read from under storages.");
        Observe("ocache.ufs.writes", UfsWrites, "{write}", "Files written to under storages, directories made, entries renamed and deleted.");
        Observe("ocache.ufs.written", BytesToUfs, "By", "Bytes written to under storages.");
        Observe("ocache.ufs.errors", UfsErrors, "{error}", "Reads, writes, status requests and listings that under storages failed.");
        Observe("ocache.status.hits", StatusHits, "{lookup}", "Status lookups answered from memory.");
        Observe("ocache.peer.reads", PeerReads, "{read}", "Reads served to other nodes and to ring-aware clients.");
        Observe("ocache.peer.statuses", PeerStatuses, "{lookup}", "Statuses looked up for other nodes and for ring-aware clients.");
        Observe("ocache.forward.reads", ForwardedReads, "{read}", "Reads of this node's own clients that another node served: one hop more.");
        Observe("ocache.forward.read", ForwardedBytes, "By", "Bytes of this node's own clients that another node served.");
        Observe("ocache.forward.statuses", ForwardedStatuses, "{lookup}", "Statuses for this node's own clients that another node looked up.");
        Observe("ocache.fill.neighbour", NeighbourFills, "{page}", "Pages that fills took from another node's store instead of the under storage.");
        Observe("ocache.fill.rejected", FillsRejected, "{read}", "Reads refused because too many waited for fill buffers.");
    }

    public Tally Hits { get; } = new();

    public Tally Misses { get; } = new();

    public Tally Bypasses { get; } = new();

    public Tally BytesFromCache { get; } = new();

    public Tally BytesFromFills { get; } = new();

    public Tally BytesFromBypasses { get; } = new();

    public Tally BytesFromUfs { get; } = new();

    public Tally UfsReads { get; } = new();

    public Tally PagesFilled { get; } = new();

    public Tally UfsStats { get; } = new();

    public Tally UfsLists { get; } = new();

    public Tally UfsWrites { get; } = new();

    public Tally BytesToUfs { get; } = new();

    public Tally UfsErrors { get; } = new();

    public Tally StatusHits { get; } = new();

    public Tally PeerReads { get; } = new();

    public Tally PeerStatuses { get; } = new();

    public Tally ForwardedReads { get; } = new();

    public Tally ForwardedBytes { get; } = new();

    public Tally ForwardedStatuses { get; } = new();

    public Tally NeighbourFills { get; } = new();

    public Tally FillsRejected { get; } = new();

    /// <summary>Publishes a gauge beside the counters (store directories, buffers in use).</summary>
    public void ObserveGauge(string name, Func<IEnumerable<Measurement<long>>> read, string unit, string description) =>
        _meter.CreateObservableGauge(name, read, unit, description);

    /// <summary>Publishes a counter that somebody else keeps, with tags.</summary>
    public void ObserveCounter<T>(string name, Func<IEnumerable<Measurement<T>>> read, string unit, string description)
        where T : struct =>
        _meter.CreateObservableCounter(name, read, unit, description);

    public void Dispose() => _meter.Dispose();

    private void Observe(string name, Tally tally, string unit, string description) =>
        _meter.CreateObservableCounter(name, () => tally.Value, unit, description);
}
