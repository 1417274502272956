using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages;

/// <summary>Draws the map of one content from the index: a short lock per page of those extents that are there.</summary>
internal sealed class PageMapper(int maxRuns)
{
    private readonly List<PageRun> _runs = [];
    private long _cached;
    private long _verified;
    private bool _truncated;

    public static PageMap Describe(PageIndex index, FileRef file, string directory, int maxRuns)
    {
        var mapper = new PageMapper(maxRuns);
        for (long page = 0; page < file.PageCount;)
        {
            long end = Math.Min(page + PageIndex.PagesPerExtent, file.PageCount);
            if (!index.HoldsExtent(file.Id, page / PageIndex.PagesPerExtent))
            {
                mapper.Add(page, end - 1, PageResidence.Absent);
                page = end;
            }
            for (; page < end; page++)
                mapper.Add(page, page, ResidenceOf(index, file.Id, page));
        }
        return new PageMap(directory, mapper._cached, mapper._verified, mapper._runs, mapper._truncated);
    }

    private static PageResidence ResidenceOf(PageIndex index, FileId file, long page) =>
        !index.TryFind(file, page, out PageLocation found) ? PageResidence.Absent
        : found.Word.IsVerified ? PageResidence.Verified
        : PageResidence.Unverified;

    private void Add(long first, long last, PageResidence residence)
    {
        _cached += residence == PageResidence.Absent ? 0 : last - first + 1;
        _verified += residence == PageResidence.Verified ? last - first + 1 : 0;
        if (_truncated)
            return;
        if (_runs.Count > 0 && _runs[^1].Residence == residence)
            _runs[^1] = _runs[^1] with { LastPage = last };
        else if (_runs.Count < maxRuns)
            _runs.Add(new PageRun(first, last, residence));
        else
            _truncated = true;
    }
}
