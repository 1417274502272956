using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Filling;

/// <summary>
/// Carries out one fill: 1. room for the whole range, 2. one ranged read of the version, unless it is open already, 3. each piece to the readers as
/// it comes, 4. each page to the store, without making the readers wait for it, 5. the end, which frees everybody.
/// </summary>
/// <remarks>
/// Invariant: when the run is over, the store has taken what it takes from the buffers, also where the read failed in the middle.
/// Without that the buffers of a failed run would carry another fill's bytes while the store, which may have waited for room,
/// still writes them as this one's pages.
/// </remarks>
internal sealed partial class FillRun(
    IFillSource source,
    IPageStore store,
    FillBufferPool pool,
    BypassAdmission admission,
    CacheLimits limits,
    CacheCounters counters,
    TimeProvider time,
    ILogger log)
{
    /// <summary>Never throws: what goes wrong reaches the fill's readers.</summary>
    /// <param name="fill">What is filled.</param>
    /// <param name="memory">Its memory; null: to be waited for.</param>
    /// <param name="opened">The fill's range, open already; disposed of here. Only with memory: what it holds others may wait for, so it must not wait.</param>
    /// <param name="released">Told of pages that can be had from the store alone.</param>
    /// <param name="shutdown">Ends the run.</param>
    public async Task ExecuteAsync(Fill fill, FillMemory? memory, IUfsReader? opened, Action<Fill, int> released, CancellationToken shutdown)
    {
        using Activity? activity = StartActivity(fill);
        using var patience = new CancellationTokenSource(limits.FillProgressTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, shutdown);
        // A source that hangs without heeding its token keeps the run and its buffers, but not the readers.
        await using CancellationTokenRegistration impatience = either.Token.UnsafeRegister(_ => fill.End(Interrupted(fill, shutdown)), null);
        List<Task> keeping = [];
        try
        {
            memory ??= await pool.RentAsync(fill.PageLengths(), either.Token).ConfigureAwait(false); // 1
            fill.Supply(memory, released);
            patience.CancelAfter(limits.FillProgressTimeout);
            await TransferAsync(fill, opened, keeping, patience, either.Token).ConfigureAwait(false);
            fill.End(null); // 5
        }
        catch (OperationCanceledException)
        {
            fill.End(Interrupted(fill, shutdown));
        }
        catch (CacheException e)
        {
            if (e.Error == CacheError.Overloaded)
                counters.FillsRejected.Increment();
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            fill.End(e);
        }
        catch (Exception e)
        {
            LogUnexpected(e, fill.File.Key);
            fill.End(e);
        }
        // Also when the source failed, whose readers know by now: the writes read our buffers, and others get those when the run has left.
        await Task.WhenAll(keeping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DropAbandonedAsync(fill).ConfigureAwait(false);
    }

    /// <summary>
    /// A free or a write marks its fills before it drops pages: a mark that comes after this look finds all our pages in the store and drops them
    /// itself. Whatever ended the run, a shutdown included: what was freed must not come back.
    /// </summary>
    private async Task DropAbandonedAsync(Fill fill)
    {
        try
        {
            if (fill.Abandoned)
                await store.DropAsync(fill.File).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogUnexpected(e, fill.File.Key);
        }
    }

    private async Task TransferAsync(Fill fill, IUfsReader? opened, List<Task> keeping, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        IUfsReader reader = opened ?? await source.OpenAsync(fill.File, fill.Start, fill.Length, cancellationToken).ConfigureAwait(false); // 2
        await using (reader.ConfigureAwait(false))
            await TransferPagesAsync(fill, reader, keeping, patience, cancellationToken).ConfigureAwait(false); // 3, 4
        patience.CancelAfter(Timeout.InfiniteTimeSpan);
        await Task.WhenAll(keeping).ConfigureAwait(false);
    }

    private async ValueTask TransferPagesAsync(
        Fill fill, IUfsReader reader, List<Task> keeping, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        for (int page = 0; page < fill.PageCount; page++)
        {
            bool wanted = reader.MayPublish && !fill.Abandoned, complete = false;
            Task<IPageWrite?> writing = wanted
                ? store.BeginWriteAsync(fill.File, fill.FirstPage + page, cancellationToken).AsTask()
                : Task.FromResult<IPageWrite?>(null);
            try
            {
                await ReadPageAsync(fill, page, reader, writing, patience, cancellationToken).ConfigureAwait(false);
                complete = reader.MayPublish && !fill.Abandoned;
            }
            finally
            {
                Task kept = KeepAsync(fill, page, writing, complete);
                if (!kept.IsCompletedSuccessfully)
                    keeping.Add(kept);
            }
            (reader.IsFromNeighbour ? counters.NeighbourFills : counters.PagesFilled).Increment();
            if (!complete)
                admission.CouldNotKeep(fill.File.Id);
            // Whoever waits for later pages of this run looks again and, the content being marked, reads past the cache.
            if (!reader.MayPublish)
                break;
        }
    }

    private async ValueTask ReadPageAsync(
        Fill fill, int page, IUfsReader reader, Task<IPageWrite?> writing, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        Memory<byte> buffer = fill.PageBuffer(page);
        for (int at = 0; at < buffer.Length;)
        {
            int read = await reader.ReadAsync(buffer.Slice(at, Math.Min(CacheLimits.TransferPiece, buffer.Length - at)), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw CacheException.Changed(fill.File.Key);
            at += read;
            fill.Advance(read);
            patience.CancelAfter(limits.FillProgressTimeout);
            // Where making room takes longer than the source, the page is written at its end.
            if (writing.IsCompletedSuccessfully && reader.MayPublish)
                writing.Result?.Offer(buffer.Span[..at]);
        }
    }

    /// <summary>The end of one page: into the store if all of it came and may stay, out of it else.</summary>
    private async Task KeepAsync(Fill fill, int page, Task<IPageWrite?> writing, bool complete)
    {
        bool kept = false;
        IPageWrite? write = await writing.ConfigureAwait(false);
        if (write is not null)
        {
            await using (write.ConfigureAwait(false))
                kept = complete && await write.CommitAsync(fill.PageBuffer(page)).ConfigureAwait(false);
        }
        if (complete && !kept)
            admission.CouldNotKeep(fill.File.Id);
        fill.Settle(page, kept);
    }

    private CacheException Interrupted(Fill fill, CancellationToken shutdown)
    {
        if (shutdown.IsCancellationRequested)
            return new CacheException(CacheError.Unavailable, "The node is shutting down; ask another one.");
        if (fill.IsSupplied)
            return SilentSource(limits);
        counters.FillsRejected.Increment();
        return new CacheException(
            CacheError.Overloaded, $"This read waited {limits.FillProgressTimeout.TotalSeconds} s for others to end; try again in a moment.");
    }

    /// <summary>What a reader is told of a source that hangs.</summary>
    public static CacheException SilentSource(CacheLimits limits) => new(
        CacheError.Unavailable, $"The under storage sent nothing for {limits.FillProgressTimeout.TotalSeconds} s; try again in a moment.");

    private static Activity? StartActivity(Fill fill)
    {
        Activity? activity = CacheCounters.Activities.StartActivity("ocache.fill");
        activity?.SetTag("ocache.key", fill.File.Key);
        activity?.SetTag("ocache.first_page", fill.FirstPage);
        activity?.SetTag("ocache.pages", fill.PageCount);
        return activity;
    }

    [LoggerMessage(LogLevel.Error, "Filling '{Key}' failed unexpectedly")]
    private partial void LogUnexpected(Exception exception, string key);
}
