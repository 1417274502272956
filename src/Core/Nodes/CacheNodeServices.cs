using Microsoft.Extensions.Logging;
using Orleans.Cache.Filling;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Nodes;

/// <summary>What a CacheNode works with.</summary>
public sealed record CacheNodeServices
{
    /// <summary>The mount table now; another instance after each change.</summary>
    public required Func<MountTable> Mounts { get; init; }

    public required IPageStore Store { get; init; }

    public required CacheCounters Counters { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>What fills read, made from the under storage: a cluster asks a neighbour first.</summary>
    public Func<IFillSource, IFillSource> Source { get; init; } = ufs => ufs;

    /// <summary>Where fills begin, in a cluster that has one place for each page; null: where pages are missed.</summary>
    public IFillGate? Fills { get; init; }

    /// <summary>In a cluster, where others write too: a node that stood still has missed what it was told.</summary>
    public FreezeWatch? FreezeWatch { get; init; }

    public CacheLimits Limits { get; init; } = new();

    /// <summary>Bytes of a page, a power of two; the same as the store's.</summary>
    public int PageSize { get; init; } = CacheLimits.DefaultPageSize;
}
