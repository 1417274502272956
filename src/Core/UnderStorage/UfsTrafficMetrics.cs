using System.Diagnostics.Metrics;
using Orleans.Cache.Mounts;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.UnderStorage;

/// <summary>Publishes what connectors send to their stores, by mount and operation.</summary>
public static class UfsTrafficMetrics
{
    /// <summary>Local mounts have no traffic and do not appear.</summary>
    public static void Publish(CacheCounters counters, Func<MountTable> mounts, StorePrices prices)
    {
        counters.ObserveCounter(
            "ocache.ufs.requests", () => ByOperation(mounts, (t, o) => t.Requests(o).Value), "{request}", "Requests sent to object stores, repetitions included.");
        counters.ObserveCounter(
            "ocache.ufs.failures", () => ByOperation(mounts, (t, o) => t.Failures(o).Value), "{request}", "Requests to object stores that failed or were not answered.");
        counters.ObserveCounter(
            "ocache.ufs.volume", () => ByOperation(mounts, (t, o) => t.Bytes(o).Value), "By", "Bytes of objects that came from object stores, or were sent to them.");
        counters.ObserveCounter(
            "ocache.ufs.wait", () => ByOperation(mounts, (t, o) => t.Microseconds(o).Value / 1e6), "s", "Time from requests to object stores to the heads of their answers.");
        counters.ObserveCounter(
            "ocache.ufs.retries", () => ByMount(mounts, t => t.Retries.Value), "{retry}", "Requests to object stores that were repeated, and reads that went on where they broke off.");
        counters.ObserveGauge(
            "ocache.ufs.broken", () => ByMount(mounts, t => t.Broken), "{store}", "1 while an object store counts as dead and is not asked.");
        PublishSavings(counters, mounts, prices);
    }

    private static void PublishSavings(CacheCounters counters, Func<MountTable> mounts, StorePrices prices)
    {
        counters.ObserveGauge(
            "ocache.saved.requests", () => Saved(mounts, prices, s => s.Requests), "{request}", "Requests that clients would have sent to object stores, less those that were sent.");
        counters.ObserveGauge(
            "ocache.saved.volume", () => Saved(mounts, prices, s => s.Bytes), "By", "Bytes that clients were given of object stores, less those that were fetched.");
        // Gauges are whole numbers; a millionth of the currency is less than any request costs.
        counters.ObserveGauge(
            "ocache.saved.micros", () => Saved(mounts, prices, s => (long)Math.Min(s.Money * 1_000_000, long.MaxValue)), "{micro}", "What that would have cost, in millionths of the currency of --prices.");
    }

    private static IEnumerable<Measurement<long>> Saved(Func<MountTable> mounts, StorePrices prices, Func<Savings, long> read) =>
        from mount in mounts().Mounts
        where mount.Use is not null
        select new Measurement<long>(read(Savings.Of(mount, prices)), new KeyValuePair<string, object?>("mount", mount.Path.Value));

    private static IEnumerable<Measurement<T>> ByOperation<T>(Func<MountTable> mounts, Func<UfsTraffic, UfsOperation, T> read)
        where T : struct =>
        from mount in mounts().Mounts
        where mount.Storage.Traffic is not null
        from operation in UfsTraffic.Operations
        select new Measurement<T>(
            read(mount.Storage.Traffic!, operation),
            new KeyValuePair<string, object?>("mount", mount.Path.Value), new KeyValuePair<string, object?>("operation", Name(operation)));

    private static IEnumerable<Measurement<long>> ByMount(Func<MountTable> mounts, Func<UfsTraffic, long> read) =>
        from mount in mounts().Mounts
        where mount.Storage.Traffic is not null
        select new Measurement<long>(read(mount.Storage.Traffic!), new KeyValuePair<string, object?>("mount", mount.Path.Value));

    private static string Name(UfsOperation operation) => operation switch
    {
        UfsOperation.Get => "get",
        UfsOperation.Head => "head",
        UfsOperation.List => "list",
        UfsOperation.Put => "put",
        UfsOperation.Copy => "copy",
        _ => "delete",
    };
}
