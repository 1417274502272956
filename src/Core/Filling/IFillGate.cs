using Orleans.Cache.Identity;

namespace Orleans.Cache.Filling;

/// <summary>
/// Where the fill of a missing page begins, in clusters that have one place for that: the place calls <see cref="Nodes.CacheNode.BeginFill"/>
/// of the node that owns the page, then whoever asked joins the fill. Nothing about a page's bytes goes this way.
/// </summary>
public interface IFillGate
{
    /// <summary>Has the page's fill begun, where this node owns the page; whatever goes wrong, the caller begins it by itself.</summary>
    /// <param name="file">The version.</param>
    /// <param name="page">The missing page.</param>
    /// <param name="expected">Bytes from the page's first on that are going to be read.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Whether this call made the fill begin.</returns>
    ValueTask<bool> BeginAsync(FileRef file, long page, long expected, CancellationToken cancellationToken);
}
