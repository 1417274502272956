using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Grains.Telemetry;
using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;
using Orleans.GrainDirectory;

namespace Orleans.Cache.Grains.Files;

[RingPlacement, GrainDirectory(RingGrainDirectory.Name)]
internal sealed class NodeGrain(IGrainContext context, CacheNode node, AppliedEpochs applied, GrainCounters counters, LiveActivations live, Keeper keeper)
    : RingGrain(context, live, keeper), INodeGrain
{
    public async ValueTask ForgetAsync(string path, bool recursive, InvalidationEpoch epoch)
    {
        counters.NodeCalls.Increment();
        if (applied.IsNew(path, recursive, epoch))
            await node.InvalidateAsync(CachePath.Parse(path), recursive);
    }
}
