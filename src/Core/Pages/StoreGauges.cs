using System.Diagnostics.Metrics;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Pages;

/// <summary>The figures of each store directory as gauges, tagged by directory: the same numbers that GetStatus gives.</summary>
internal static class StoreGauges
{
    public static void Publish(CacheCounters counters, IPageStore store)
    {
        Observe("ocache.store.capacity", s => s.Capacity, "By", "Quota.");
        Observe("ocache.store.used", s => s.Used, "By", "Allocated bytes.");
        Observe("ocache.store.files", s => s.Files, "{file}", "Contents of which pages are cached.");
        Observe("ocache.store.pages", s => s.Pages, "{page}", "Cached pages.");
        Observe("ocache.store.evictions", s => s.Evictions, "{page}", "Pages that left to make room, since the process started.");
        Observe("ocache.store.healed", s => s.Healed, "{page}", "Damaged pages dropped to be fetched again, since the process started.");
        Observe("ocache.store.scrubbed", s => s.Scrubbed, "{page}", "Pages that the scrub compared with their checksums, since the process started.");
        Observe("ocache.store.scrub.passes", s => s.ScrubPasses, "{pass}", "Times that the scrub went through all pages, since the process started.");
        Observe("ocache.store.index", s => s.IndexBytes, "By", "Memory of the page index and the eviction policy.");
        Observe("ocache.store.out_of_service", s => s.OutOfService is null ? 0 : 1, "{directory}", "1 where the directory is out of service.");

        void Observe(string name, Func<StoreDirectoryStatus, long> figure, string unit, string description) =>
            counters.ObserveGauge(name, () => Measure(store, figure), unit, description);
    }

    private static IEnumerable<Measurement<long>> Measure(IPageStore store, Func<StoreDirectoryStatus, long> figure) =>
        store.GetStatus().Select(s => new Measurement<long>(figure(s), new KeyValuePair<string, object?>("directory", s.Directory)));
}
