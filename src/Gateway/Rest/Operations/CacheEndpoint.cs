using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Browsing;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Gateway.Rest.Operations;

/// <summary>What is cached of a mount that has a quota.</summary>
internal sealed record QuotaBody(string Mount, long CachedBytes, long QuotaBytes);

/// <summary>Figures of a node since its process started.</summary>
internal sealed record CacheBody
{
    public required string Node { get; init; }

    /// <summary>Of the program, "0.1.0".</summary>
    public required string Version { get; init; }

    /// <summary>"starting", "ready" or "draining".</summary>
    public required string State { get; init; }

    public required double UptimeSeconds { get; init; }

    public required long Hits { get; init; }

    public required long Misses { get; init; }

    public required long Bypasses { get; init; }

    public required long BytesFromCache { get; init; }

    public required long BytesFromFills { get; init; }

    public required long BytesFromBypasses { get; init; }

    public required long BytesFromUnderStorage { get; init; }

    public required long UfsReads { get; init; }

    public required long PagesFilled { get; init; }

    public required long UfsStats { get; init; }

    public required long UfsLists { get; init; }

    public required long UfsWrites { get; init; }

    public required long BytesToUnderStorage { get; init; }

    public required long UfsErrors { get; init; }

    public required long StatusHits { get; init; }

    public required long FillsRejected { get; init; }

    /// <summary>What object stores were not asked for; null where none is mounted.</summary>
    public SavedBody? Saved { get; init; }

    public required ProcessFigures Process { get; init; }

    public required IReadOnlyList<StoreDirectoryStatus> Stores { get; init; }

    /// <summary>Mounts that have a quota.</summary>
    public required IReadOnlyList<QuotaBody> Quotas { get; init; }

    /// <summary>In a grid: what the grains of this silo did.</summary>
    public GridFigures? Grid { get; init; }
}

/// <summary>GET of the node's figures: the same tallies that the metrics publish.</summary>
internal sealed class CacheEndpoint(
    NodeHealth health, CacheCounters counters, IPageStore store, CacheFileSystem files, StorePrices prices, IGrid? grid = null)
{
    public const string Route = "/api/v1/cache";

    private static readonly string ProgramVersion = typeof(CacheEndpoint).Assembly.GetName().Version!.ToString(3);

    public CacheBody Handle() => new()
    {
        Node = health.NodeName,
        Version = ProgramVersion,
        State = health.State.ToString().ToLowerInvariant(),
        UptimeSeconds = Math.Round(health.Uptime.TotalSeconds, 3),
        Hits = counters.Hits.Value,
        Misses = counters.Misses.Value,
        Bypasses = counters.Bypasses.Value,
        BytesFromCache = counters.BytesFromCache.Value,
        BytesFromFills = counters.BytesFromFills.Value,
        BytesFromBypasses = counters.BytesFromBypasses.Value,
        BytesFromUnderStorage = counters.BytesFromUfs.Value,
        UfsReads = counters.UfsReads.Value,
        PagesFilled = counters.PagesFilled.Value,
        UfsStats = counters.UfsStats.Value,
        UfsLists = counters.UfsLists.Value,
        UfsWrites = counters.UfsWrites.Value,
        BytesToUnderStorage = counters.BytesToUfs.Value,
        UfsErrors = counters.UfsErrors.Value,
        StatusHits = counters.StatusHits.Value,
        FillsRejected = counters.FillsRejected.Value,
        Saved = Saved(),
        Process = ProcessFigures.Take(),
        Stores = store.GetStatus(),
        Quotas = [.. files.Mounts.Mounts.Where(m => m.Quota is not null).Select(m => new QuotaBody(m.Path.Value, store.BytesOf(m.Storage.Identity), m.Quota!.Value))],
        Grid = grid?.Figures,
    };

    private SavedBody? Saved()
    {
        Mount[] counted = [.. files.Mounts.Mounts.Where(m => m.Use is not null)];
        return counted.Length == 0 ? null : SavedBody.Of(counted.Aggregate(default(Savings), (sum, mount) => sum + Savings.Of(mount, prices)));
    }
}
