using Microsoft.AspNetCore.Http;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>What can be chosen of the Alluxio dialect.</summary>
public sealed record AlluxioOptions
{
    /// <summary>
    /// HTTP status of "there is no such file". Clients from 1.0.20 to 1.1.18 know it by 500 and nothing else; later ones by 404. Both
    /// send the same User-Agent, so nobody can tell them apart but the operator.
    /// </summary>
    public int MissingStatus { get; init; } = StatusCodes.Status500InternalServerError;

    /// <summary>Bytes of a page as clients count them. They never ask, so both sides must agree; 1 MiB is their default. Has nothing to do with the store's pages.</summary>
    public int PageSize { get; init; } = CacheLimits.DefaultPageSize;

    /// <summary>
    /// A client that sends a second whole file so soon after one of at least <see cref="FlushBytes"/> is taken to send the pieces of
    /// one file, and refused. Zero: never.
    /// </summary>
    public TimeSpan RewriteGuard { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where ids are remembered (a store directory); null: in a directory of their own that is gone with the process.</summary>
    public string? IdDirectory { get; init; }

    /// <summary>Bytes after which fsspec's buffered files flush: its default block size.</summary>
    internal const int FlushBytes = 5 * CacheLimits.MiB;

    /// <summary>A request for a page after the first waits so long for a source or a node that is out of breath: clients take an error there for the end of the file.</summary>
    internal static TimeSpan PagePatience => TimeSpan.FromSeconds(30);

    /// <summary>Between attempts within that time.</summary>
    internal static TimeSpan PagePause => TimeSpan.FromMilliseconds(500);

    /// <summary>A question for progress waits so long for the job to end: clients ask every 10 s, and a small load is done by then.</summary>
    internal static TimeSpan ProgressPatience => TimeSpan.FromSeconds(2);

    /// <summary>Between looks within that time.</summary>
    internal static TimeSpan ProgressPause => TimeSpan.FromMilliseconds(20);
}
