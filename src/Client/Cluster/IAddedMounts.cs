using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Client.Cluster;

/// <summary>The mounts of a node that were added while it ran. In a grid they are the cluster's: the node takes over what the cluster says.</summary>
public interface IAddedMounts
{
    /// <summary>What the node has, with the version of the cluster's mounts that it took over last; before that with its own.</summary>
    MountRecords Records { get; }

    /// <summary>Version of the cluster's mounts that it took over last; 0: none yet.</summary>
    long Version { get; }

    /// <summary>
    /// Takes over the cluster's. What is older than what it has changes nothing; the same again opens what could not be opened before. Its answer comes when the node serves
    /// them, and has stored them.
    /// </summary>
    /// <param name="records">All mounts that were added.</param>
    /// <param name="freed">Of a mount that leaves here the pages go too, unless another mount shows them; null: of none.</param>
    /// <exception cref="CacheException">InvalidArgument: one cannot be opened here, and is left out. NoSpace: they could not be stored; nothing was changed.</exception>
    Task<DroppedPages> AdoptAsync(MountRecords records, CachePath? freed);
}

/// <summary>What came of a change of a cluster's mounts, which is stored.</summary>
/// <param name="Freed">What left all nodes with the mounts.</param>
/// <param name="Complaints">A line for each node that has not taken it over.</param>
public sealed record MountsChanged(DroppedPages Freed, IReadOnlyList<string> Complaints);
