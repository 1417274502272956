using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Grains.Telemetry;
using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;
using Orleans.GrainDirectory;

namespace Orleans.Cache.Grains.Pages;

/// <summary>A shell over the node's filler, whose single flight it is.</summary>
[RingPlacement, GrainDirectory(RingGrainDirectory.Name)]
internal sealed class PageGrain(IGrainContext context, CacheNode node, GrainCounters counters, LiveActivations live, Keeper keeper)
    : RingGrain(context, live, keeper), IPageGrain
{
    public ValueTask<bool> BeginFillAsync(string asker, FileRef file, long page, long expected)
    {
        counters.PageCalls.Increment();
        bool began = asker == node.Name && node.BeginFill(file, page, expected);
        if (began)
            counters.FillsBegun.Increment();
        return new(began);
    }
}
