using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Client.Cluster;

/// <summary>A ring and the nodes on it: an immutable snapshot.</summary>
/// <param name="Ring">All configured members, whether or not they answer: who is down is passed over, which gives the same owners as a ring without it.</param>
/// <param name="Nodes">By name. The process's own node, where it is one, stands here as itself.</param>
/// <param name="Reader">Name of the node, or of the client, whose view this is: it decides which of several replicas is asked.</param>
internal sealed record ClusterNodes(HashRing Ring, IReadOnlyDictionary<string, ICacheNode> Nodes, string Reader)
{
    /// <summary>
    /// Owners tried before the caller's own node or the under storage: with more of them down at once, their neighbours' caches
    /// would help little.
    /// </summary>
    private const int MaxOwners = 4;

    /// <summary>The ring's fingerprint as answers carry it.</summary>
    public string RingText { get; } = Ring.Fingerprint.ToString("x16", null);

    /// <summary>Whether nodes that own nothing of a key are asked after those that do: where the caller is no node itself.</summary>
    public bool AskAnyNode { get; init; }

    /// <summary>The node that serves a key now: the first owner that is up. Null where none is.</summary>
    public ICacheNode? ActingOwner(RingKey key)
    {
        if (Ring.Owner(key) is not { } owner)
            return null;
        ICacheNode first = Nodes[owner.Name];
        return IsUp(first) ? first : Owners(key).FirstOrDefault();
    }

    /// <summary>The owners of a key that are up, in order.</summary>
    public IEnumerable<ICacheNode> Owners(RingKey key)
    {
        IReadOnlyList<RingMember> owners = Ring.Owners(key, MaxOwners);
        foreach (RingMember member in owners)
        {
            ICacheNode node = Nodes[member.Name];
            if (IsUp(node))
                yield return node;
        }
        foreach (ICacheNode node in AskAnyNode && Nodes.Count > MaxOwners ? Nodes.Values : [])
        {
            if (!owners.Any(o => o.Name == node.Name) && IsUp(node))
                yield return node;
        }
    }

    /// <summary>The node that this reader asks for pages of a key. Null where none is up.</summary>
    public ICacheNode? ActingKeeper(RingKey key, int replicas) => replicas == 1 ? ActingOwner(key) : Keepers(key, replicas).FirstOrDefault();

    /// <summary>
    /// Who is asked for pages of a key, best first: its replicas, beginning with the reader itself where it is one of them, else with
    /// one that its name chooses; then who stands in for them all.
    /// </summary>
    public IEnumerable<ICacheNode> Keepers(RingKey key, int replicas)
    {
        if (replicas == 1)
            return Owners(key);
        ICacheNode[] up = Replicas(key, replicas);
        if (up.Length == 0)
            return Owners(key);
        int own = Array.FindIndex(up, n => n.Name == Reader);
        int first = own >= 0 ? own : key.Choose(Reader, up.Length);
        return [.. up[first..], .. up[..first], .. Owners(key).Where(n => !up.Contains(n))];
    }

    /// <summary>
    /// Those of a key's first owners that are up, in order. Nobody takes the place of one that is down: it comes back with its pages, and
    /// meanwhile the others have them.
    /// </summary>
    public ICacheNode[] Replicas(RingKey key, int replicas) => [.. Ring.Owners(key, replicas).Select(m => Nodes[m.Name]).Where(IsUp)];

    public static bool IsUp(ICacheNode node) => node is not HttpNode remote || remote.Life.IsUp;
}
