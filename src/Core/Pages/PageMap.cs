using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages;

/// <summary>How a page is kept.</summary>
public enum PageResidence
{
    Absent,

    /// <summary>Kept, and compared with its checksum in this process's life.</summary>
    Verified,

    /// <summary>Kept since before the last start; compared with its checksum before its first service.</summary>
    Unverified,
}

/// <summary>Pages first to last, both included, that are kept in the same way.</summary>
public readonly record struct PageRun(long FirstPage, long LastPage, PageResidence Residence);

/// <summary>Which pages of a content are kept: a picture, not exact to the moment.</summary>
/// <param name="Directory">Where its pages are or would be; null: no store directory is in service.</param>
/// <param name="Cached">Pages kept.</param>
/// <param name="Verified">Of these, compared with their checksums.</param>
/// <param name="Runs">In order, without gaps, as far as they go.</param>
/// <param name="Truncated">There are more runs.</param>
public sealed record PageMap(string? Directory, long Cached, long Verified, IReadOnlyList<PageRun> Runs, bool Truncated)
{
    /// <summary>Pages of it were fetched a moment ago and could not be kept.</summary>
    public bool CouldNotKeep { get; init; }

    /// <summary>Nothing is kept anywhere.</summary>
    public static PageMap Empty(FileRef file) =>
        new(null, 0, 0, file.PageCount == 0 ? [] : [new PageRun(0, file.PageCount - 1, PageResidence.Absent)], false);
}
