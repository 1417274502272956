using Orleans.Cache.Identity;

namespace Orleans.Cache.Nodes;

/// <summary>One node owns everything: the embedded case.</summary>
public sealed class LocalNodeDirectory(ICacheNode node) : INodeDirectory
{
    public ICacheNode Local => node;

    public IReadOnlyList<ICacheNode> All { get; } = [node];

    public string NameOfOwner(UfsIdentity identity, string key, long stripe) => node.Name;

    public ICacheNode OwnerOf(UfsIdentity identity, string key, long stripe) => node;
}
