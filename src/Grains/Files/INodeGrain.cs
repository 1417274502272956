using Orleans.Cache.Grains.Mounts;
using Orleans.Concurrency;

namespace Orleans.Cache.Grains.Files;

/// <summary>One node, by its name: what every node has to be told.</summary>
[Alias("ocache.node")]
public interface INodeGrain : IGrainWithStringKey
{
    /// <summary>Forgets what the node believes of a path, of the directories above it and, with <paramref name="recursive"/>, of all below it.</summary>
    /// <param name="path">What changed.</param>
    /// <param name="recursive">Also what is below it.</param>
    /// <param name="epoch">Of the change. One that is not later than another of its issuer for the same path is known already.</param>
    [OneWay, AlwaysInterleave, Alias("forget")]
    ValueTask ForgetAsync(string path, bool recursive, InvalidationEpoch epoch);

    /// <summary>Takes over the mounts that were added to the cluster, and answers when the node serves them.</summary>
    /// <param name="mounts">All of them; older ones than it has change nothing.</param>
    /// <param name="freed">Path of a mount that leaves whose pages go too; null: of none.</param>
    [AlwaysInterleave, Alias("mounts")]
    ValueTask<MountsAdopted> AdoptMountsAsync(AddedMounts mounts, string? freed);
}
