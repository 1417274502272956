using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;

namespace Orleans.Cache.Client.Connecting;

/// <summary>To a client every owner is elsewhere, and one <see cref="RoutedNode"/> finds them all.</summary>
internal sealed class ClientDirectory(Func<ClusterView> view, RoutedNode routed) : INodeDirectory
{
    public ICacheNode Local => routed;

    public IReadOnlyList<ICacheNode> All => [.. view().Nodes.Nodes.Values];

    public string NameOfOwner(UfsIdentity identity, string key, long stripe) => routed.KeeperOf(identity, key, stripe).Name;

    public ICacheNode OwnerOf(UfsIdentity identity, string key, long stripe) => routed;
}
