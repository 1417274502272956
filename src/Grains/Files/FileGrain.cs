using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Grains.Telemetry;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;
using Orleans.GrainDirectory;

namespace Orleans.Cache.Grains.Files;

/// <summary>A shell over the node's engine: what is believed of the file is the engine's.</summary>
[RingPlacement, GrainDirectory(RingGrainDirectory.Name)]
internal sealed class FileGrain(
    IGrainContext context, CacheNode node, IGrainFactory grains, SiloRings rings, EpochIssuer epochs, GrainCounters counters, LiveActivations live, Keeper keeper)
    : RingGrain(context, live, keeper), IFileGrain
{
    private readonly CachePath _path = GrainKey.PathOf(context.GrainId.Key);

    public ValueTask<StatusReply> GetStatusAsync()
    {
        counters.FileCalls.Increment();
        ValueTask<StatusAnswer> answer;
        try
        {
            answer = node.GetStatusAsync(_path, CancellationToken.None);
        }
        catch (CacheException e)
        {
            return new(StatusReply.Of(e));
        }
        return answer.IsCompletedSuccessfully ? new(StatusReply.Of(answer.Result)) : AwaitedAsync(answer);
    }

    public async ValueTask ChangedAsync(bool recursive)
    {
        counters.FileCalls.Increment();
        InvalidationEpoch epoch = epochs.Next();
        foreach (RingMember member in rings.Current.Ring.Members)
            await grains.GetGrain<INodeGrain>(GrainKey.OfNode(member.Name)).ForgetAsync(_path.Value, recursive, epoch);
    }

    private static async ValueTask<StatusReply> AwaitedAsync(ValueTask<StatusAnswer> answer)
    {
        try
        {
            return StatusReply.Of(await answer);
        }
        catch (CacheException e)
        {
            return StatusReply.Of(e);
        }
    }
}
