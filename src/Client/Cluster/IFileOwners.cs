using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Client.Cluster;

/// <summary>
/// The one place of each file that answers for its status, in clusters that have one. Who asks comes to it through the node that owns the
/// file; a node that is asked because the owner is passed over answers by itself.
/// </summary>
public interface IFileOwners
{
    /// <summary>Asks a file's place for its status, as ICacheNode.GetStatusAsync does.</summary>
    /// <param name="node">The node that is going to be asked.</param>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Null where the file's place is not at that node: ask the node itself.</returns>
    /// <exception cref="CacheException">What asking threw; NodeUnreachable where the place does not answer.</exception>
    ValueTask<StatusAnswer?> AskOwnerAsync(string node, CachePath path, CancellationToken cancellationToken);

    /// <summary>Tells a file's place that it changed; never fails. What every node has to know for the writer's sake it was told before.</summary>
    ValueTask ChangedAsync(CachePath path, bool recursive);
}
