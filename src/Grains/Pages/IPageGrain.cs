using Orleans.Cache.Identity;

namespace Orleans.Cache.Grains.Pages;

/// <summary>
/// One page of one content: where its fill begins. Lives at the node that owns the page's stripe; its key is
/// <see cref="Placement.GrainKey.OfPage"/>. Hits never come here, and bytes never go through it.
/// </summary>
[Alias("ocache.page")]
public interface IPageGrain : IGrainWithStringKey
{
    /// <summary>Begins the fill of the page in the node, and answers at once; who asked joins the fill there.</summary>
    /// <param name="asker">Name of the node that missed the page. A grain elsewhere (rings that differ for a moment) begins nothing.</param>
    /// <param name="file">The version.</param>
    /// <param name="page">The page.</param>
    /// <param name="expected">Bytes from the page's first on that are going to be read.</param>
    /// <returns>Whether this call began it: false where the page is there or on its way.</returns>
    [ResponseTimeout("00:00:05"), Alias("begin")]
    ValueTask<bool> BeginFillAsync(string asker, [Immutable] FileRef file, long page, long expected);
}
