using System.Diagnostics.Metrics;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Mounts;

/// <summary>What is cached of each mount, and how much may be, as gauges. Mounts that show one under storage share its pages, and show the same figure.</summary>
public static class MountSpaceGauges
{
    public static void Publish(CacheCounters counters, Func<MountTable> mounts, IPageStore store)
    {
        counters.ObserveGauge(
            "ocache.mount.cached", () => mounts().Mounts.Select(m => Of(m, store.BytesOf(m.Storage.Identity))), "By", "Allocated bytes that are cached of a mount.");
        counters.ObserveGauge(
            "ocache.mount.quota", () => mounts().Mounts.Where(m => m.Quota is not null).Select(m => Of(m, m.Quota!.Value)), "By", "Bytes that may be cached of a mount, where it has a quota.");
    }

    private static Measurement<long> Of(Mount mount, long bytes) => new(bytes, new KeyValuePair<string, object?>("mount", mount.Path.Value));
}
