using Orleans.Cache.Identity;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Filling;

/// <summary>
/// Brings ranges of files into the store ahead of their readers.
/// Invariants:
/// - all loads together hold at most <see cref="CacheLimits.LoadBytesInFlight"/> and a quarter of the fill buffers, whoever asks
///   for them: readers find the other three quarters;
/// - a load joins the filler's single flight, so that a page which is read and loaded at once is fetched once;
/// - a caller that leaves gives nothing back early: its range stays counted until its fill has ended.
/// </summary>
internal sealed class PageLoader(PageFiller filler, IPageStore store, CacheLimits limits)
{
    private readonly ByteGate _inFlight = new(Math.Min(limits.LoadBytesInFlight, limits.FillBufferBytes / 4));

    /// <summary>Brings the pages that a range touches into the store, and tells what came of it.</summary>
    public async ValueTask<LoadedPages> LoadAsync(FileRef file, long offset, long length, CancellationToken cancellationToken)
    {
        var loaded = default(LoadedPages);
        long end = (offset + length - 1) / file.PageSize + 1;
        for (long page = offset / file.PageSize; page < end;)
        {
            if (store.Contains(file, page))
            {
                loaded += new LoadedPages(file.PageLength(page), 0, 0);
                page++;
                continue;
            }
            long next = Math.Min(end, (page / filler.ChunkPages + 1) * filler.ChunkPages);
            int kept = await LoadMissingAsync(file, page, next, cancellationToken).ConfigureAwait(false);
            // What the store refuses now it will refuse for the next page too: the source is not read in vain.
            if (kept == 0)
                return loaded + new LoadedPages(0, 0, BytesOf(file, page, end));
            loaded += new LoadedPages(0, BytesOf(file, page, page + kept), 0);
            page += kept;
        }
        return loaded;
    }

    private async Task<int> LoadMissingAsync(FileRef file, long page, long end, CancellationToken cancellationToken)
    {
        long cost = filler.CostOf(file, page, end);
        await _inFlight.EnterAsync(cost, cancellationToken).ConfigureAwait(false);
        Task<int> fill = FillAsync(file, page, end, cost);
        try
        {
            return await fill.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Its failure, should there be one, interests nobody any more.
            _ = fill.ContinueWith(static f => f.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }

    private async Task<int> FillAsync(FileRef file, long page, long end, long cost)
    {
        try
        {
            return await filler.LoadAsync(file, page, end).ConfigureAwait(false);
        }
        finally
        {
            _inFlight.Leave(cost);
        }
    }

    private static long BytesOf(FileRef file, long page, long end) => Math.Min(end * file.PageSize, file.Length) - page * file.PageSize;
}
