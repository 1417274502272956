using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Files;

/// <summary>Pages first to last, both included, that are kept in the same way by the node that owns them.</summary>
/// <param name="FirstPage">From 0.</param>
/// <param name="LastPage">Included.</param>
/// <param name="Residence">How they are kept.</param>
/// <param name="Node">Their owner.</param>
/// <param name="Directory">Its store directory; null where it has none in service, or does not answer.</param>
public readonly record struct OwnedRun(long FirstPage, long LastPage, PageResidence Residence, string Node, string? Directory);

/// <summary>Which pages of a file's version its owners keep: a picture, not exact to the moment.</summary>
/// <param name="Cached">Pages kept.</param>
/// <param name="Verified">Of these, compared with their checksums.</param>
/// <param name="Runs">In order, without gaps, as far as they go.</param>
/// <param name="Truncated">There are more runs.</param>
/// <param name="CouldNotKeep">Pages of it were fetched a moment ago and could not be kept.</param>
public sealed record OwnedPages(long Cached, long Verified, IReadOnlyList<OwnedRun> Runs, bool Truncated, bool CouldNotKeep)
{
    /// <summary>Asks each owner of a stripe once. What an owner that is lost now keeps cannot be read now: it counts as absent.</summary>
    internal static async ValueTask<OwnedPages> DescribeAsync(INodeDirectory nodes, FileRef file, int maxRuns, CancellationToken cancellationToken)
    {
        var maps = new Dictionary<string, PageMap>(StringComparer.Ordinal);
        var runs = new List<OwnedRun>();
        bool truncated = false;
        for (long stripe = 0, stripes = CacheFile.StripesOf(file); stripe < stripes && !truncated; stripe++)
        {
            string owner = nodes.NameOfOwner(file.Identity, file.Key, stripe);
            if (!maps.TryGetValue(owner, out PageMap? map))
                maps[owner] = map = await AskAsync(nodes, owner, file, maxRuns, cancellationToken).ConfigureAwait(false);
            truncated = !Add(runs, owner, map, PagesOf(file, stripe), maxRuns);
        }
        return new OwnedPages(maps.Values.Sum(m => m.Cached), maps.Values.Sum(m => m.Verified), runs, truncated, maps.Values.Any(m => m.CouldNotKeep));
    }

    private static async ValueTask<PageMap> AskAsync(INodeDirectory nodes, string owner, FileRef file, int maxRuns, CancellationToken cancellationToken)
    {
        ICacheNode? node = nodes.All.FirstOrDefault(n => n.Name == owner);
        try
        {
            return node is null ? PageMap.Empty(file) : await node.DescribePagesAsync(file, maxRuns, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
        {
            return PageMap.Empty(file);
        }
    }

    private static (long First, long Last) PagesOf(FileRef file, long stripe)
    {
        long perStripe = CacheFile.StripeBytes / file.PageSize;
        return (stripe * perStripe, Math.Min((stripe + 1) * perStripe, file.PageCount) - 1);
    }

    /// <summary>The part of an owner's runs that lies in its stripe; joined with the run before where that is alike. False: not all of it was known or taken.</summary>
    private static bool Add(List<OwnedRun> runs, string owner, PageMap map, (long First, long Last) stripe, int maxRuns)
    {
        long next = stripe.First;
        foreach (PageRun run in map.Runs)
        {
            if (run.LastPage < stripe.First || run.FirstPage > stripe.Last)
                continue;
            var part = new OwnedRun(
                Math.Max(run.FirstPage, stripe.First), Math.Min(run.LastPage, stripe.Last), run.Residence, owner, run.Residence == PageResidence.Absent ? null : map.Directory);
            if (runs.Count > 0 && runs[^1] with { FirstPage = part.FirstPage, LastPage = part.LastPage } == part)
                runs[^1] = runs[^1] with { LastPage = part.LastPage };
            else if (runs.Count == maxRuns)
                return false;
            else
                runs.Add(part);
            next = part.LastPage + 1;
        }
        return next > stripe.Last;
    }
}
