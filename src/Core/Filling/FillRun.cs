using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Filling;

/// <summary>
/// Carries out one fill: 1. buffers for the whole range, 2. one ranged read of the version, 3. each piece to the readers as
/// it comes, 4. each page to the store, without making the readers wait for it, 5. the end, which frees everybody.
/// </summary>
/// <remarks>
/// Invariant: when the run is over, the store has taken what it takes from the buffers, also where the read failed in the middle.
/// Without that the buffers of a failed run would carry another fill's bytes while the store, which may have waited for room,
/// still writes them as this one's pages.
/// </remarks>
internal sealed partial class FillRun(
    Func<UfsIdentity, IUnderStorage> storageOf,
    IPageStore store,
    FillBufferPool pool,
    BypassAdmission admission,
    CacheLimits limits,
    CacheCounters counters,
    TimeProvider time,
    ILogger log)
{
    /// <summary>Never throws: what goes wrong reaches the fill's readers.</summary>
    public async Task ExecuteAsync(Fill fill, NativeBuffer[]? buffers, CancellationToken shutdown)
    {
        using Activity? activity = StartActivity(fill);
        using var patience = new CancellationTokenSource(limits.FillProgressTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, shutdown);
        List<Task> keeping = [];
        // A source that hangs without heeding its token keeps the run and its buffers, but not the readers.
        await using CancellationTokenRegistration impatience = either.Token.UnsafeRegister(_ => fill.End(Interrupted(fill, shutdown)), null);
        try
        {
            buffers ??= await pool.RentAsync(fill.PageLengths(), either.Token).ConfigureAwait(false); // 1
            fill.Supply(buffers, pool.Return);
            patience.CancelAfter(limits.FillProgressTimeout);
            await TransferAsync(fill, keeping, patience, either.Token).ConfigureAwait(false);
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
        // Readers of a run that failed have their error by now; the run itself is not over yet.
        await EndKeepingAsync(fill, keeping).ConfigureAwait(false);
        fill.End(null); // 5
    }

    private async Task TransferAsync(Fill fill, List<Task> keeping, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        IUfsReader reader = await storageOf(fill.File.Identity)
            .OpenReadAsync(fill.File.Key, fill.File.Version, fill.Start, fill.Length, cancellationToken).ConfigureAwait(false); // 2
        await using (reader.ConfigureAwait(false))
        {
            for (int page = 0; page < fill.PageCount; page++)
            {
                await ReadPageAsync(fill, page, reader, patience, cancellationToken).ConfigureAwait(false); // 3
                counters.PagesFilled.Increment();
                if (!reader.MayPublish)
                {
                    // Whoever waits for later pages of this run looks again and, the content being marked, reads past the cache.
                    admission.CouldNotKeep(fill.File.Id);
                    break;
                }
                Task kept = KeepAsync(fill, page, cancellationToken); // 4
                if (!kept.IsCompleted)
                    keeping.Add(kept);
            }
        }
        patience.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    private async Task EndKeepingAsync(Fill fill, List<Task> keeping)
    {
        try
        {
            await Task.WhenAll(keeping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // A free marks its fills before it drops pages: a mark that came after this line finds all our pages in the store and drops them itself.
            if (fill.Abandoned)
                await store.DropAsync(fill.File.Identity, fill.File.Key, recursive: false, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogUnexpected(e, fill.File.Key);
        }
    }

    private async ValueTask ReadPageAsync(Fill fill, int page, IUfsReader reader, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        Memory<byte> rest = fill.PageBuffer(page);
        while (!rest.IsEmpty)
        {
            int read = await reader.ReadAsync(rest, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw CacheException.Changed(fill.File.Key);
            rest = rest[read..];
            fill.Advance(read);
            patience.CancelAfter(limits.FillProgressTimeout);
        }
    }

    private async Task KeepAsync(Fill fill, int page, CancellationToken cancellationToken)
    {
        bool kept = !fill.Abandoned
            && await store.WriteAsync(fill.File, fill.FirstPage + page, fill.PageBuffer(page), cancellationToken).ConfigureAwait(false);
        if (!kept)
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
