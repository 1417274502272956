using Orleans.Cache.Client.Membership;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// Ids that another node has been told of: the oldest clients list at one node, and read by the id alone at another. Answers are
/// believed because a text proves that it belongs to its id.
/// </summary>
internal sealed class NeighbourIds(PathIds ids, ClusterMembership? cluster = null)
{
    /// <summary>The text of an id, remembered here from now on; null where no node that answers knows it.</summary>
    public async Task<string?> FindAsync(PathId id, CancellationToken cancellationToken)
    {
        string?[] answers = await Task.WhenAll((cluster?.Neighbours ?? []).Select(node => node.FindPathAsync(id.ToString(), cancellationToken))).ConfigureAwait(false);
        string? text = Array.Find(answers, answer => answer is not null && PathId.Of(answer) == id);
        if (text is not null)
            ids.Learn(text);
        return text;
    }
}
