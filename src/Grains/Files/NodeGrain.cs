using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Grains.Mounts;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Grains.Telemetry;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.GrainDirectory;

namespace Orleans.Cache.Grains.Files;

[RingPlacement, GrainDirectory(RingGrainDirectory.Name)]
internal sealed class NodeGrain(IGrainContext context, GridNode self, AppliedEpochs applied, GrainCounters counters, LiveActivations live, Keeper keeper)
    : RingGrain(context, live, keeper), INodeGrain
{
    public async ValueTask ForgetAsync(string path, bool recursive, InvalidationEpoch epoch)
    {
        counters.NodeCalls.Increment();
        if (applied.IsNew(path, recursive, epoch))
            await self.Node.InvalidateAsync(CachePath.Parse(path), recursive);
    }

    public async ValueTask<MountsAdopted> AdoptMountsAsync(AddedMounts mounts, string? freed)
    {
        counters.NodeCalls.Increment();
        if (self.AddedMounts is not { } added)
            return new MountsAdopted(null, 0, 0, 0);
        try
        {
            // Not in the grain's turn: a directory may lie on a file system that hangs, and what the node has to forget must not wait for that.
            CachePath? path = freed is null ? null : CachePath.Parse(freed);
            DroppedPages dropped = await Task.Run(() => added.AdoptAsync(mounts.ToRecords(), path));
            return new MountsAdopted(null, dropped.Files, dropped.Pages, dropped.Bytes);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new MountsAdopted(e.Message, 0, 0, 0);
        }
    }
}
