using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Client.Cluster;

/// <summary>Finds owners on the ring. What another node owns goes through one <see cref="RoutedNode"/>, which knows what to do when that is lost.</summary>
/// <param name="cluster">The ring now.</param>
/// <param name="local">The process's own node.</param>
/// <param name="routed">The others.</param>
internal sealed class RingDirectory(Func<ClusterNodes> cluster, ICacheNode local, RoutedNode routed) : INodeDirectory
{
    /// <summary>Where files have one place that answers for them.</summary>
    public IFileOwners? Owners { get; init; }

    public ICacheNode Local => local;

    public IReadOnlyList<ICacheNode> All => [.. cluster().Nodes.Values];

    /// <summary>
    /// The nodes first, one after the other and awaited: that is what the writer is promised. Then the file's place, which tells those that
    /// could not be reached from here.
    /// </summary>
    public async Task ForgetAsync(CachePath path, bool recursive)
    {
        foreach (ICacheNode node in All)
            await node.InvalidateAsync(path, recursive).ConfigureAwait(false);
        if (Owners is not null)
            await Owners.ChangedAsync(path, recursive).ConfigureAwait(false);
    }

    /// <summary>Of several replicas the one that this node asks.</summary>
    public string NameOfOwner(UfsIdentity identity, string key, long stripe) => routed.KeeperOf(identity, key, stripe).Name;

    public ICacheNode OwnerOf(UfsIdentity identity, string key, long stripe) =>
        cluster().ActingOwner(RingKey.Of(identity, key, stripe)) == local ? local : routed;
}
