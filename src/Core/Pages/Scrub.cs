using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages;

/// <summary>
/// Compares every page with its checksum once per period, those that were verified long ago too: a read verifies a page once per
/// process life, and a disk goes on losing bits after it. Damage takes the way that a read's takes: dropped, counted, fetched again.
/// </summary>
/// <remarks>
/// Invariants:
/// - a scrub is no use of a page: it touches neither the eviction policy nor the cache of open files;
/// - a shard's lock is held for one extent (64 pages) at most, never while a device is waited for;
/// - one page at a time, spread evenly over the period: no reader waits behind more than one page of scrubbing.
/// Each start begins at another shard, so that a node which restarts more often than the period comes round all the same.
/// </remarks>
/// <param name="index">The pages.</param>
/// <param name="reader">Verifies and heals.</param>
/// <param name="health">A directory out of service is left alone.</param>
/// <param name="period">Once per this time; zero: never.</param>
/// <param name="firstShard">Where to begin.</param>
/// <param name="time">Paces.</param>
internal sealed class Scrub(PageIndex index, PageReader reader, DirectoryHealth health, TimeSpan period, int firstShard, TimeProvider time)
{
    /// <summary>However short the period: half of what a hard disk reads, a fiftieth of a flash disk.</summary>
    private const long MaxBytesPerSecond = 64 * CacheLimits.MiB;

    /// <summary>Shorter pauses are saved up: timers tick in milliseconds.</summary>
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);

    /// <summary>A store that was nearly empty when a pause began may be full soon after.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromHours(1);

    private long _pages;
    private long _passes;

    /// <summary>Pages compared, good or not.</summary>
    public long Pages => Interlocked.Read(ref _pages);

    /// <summary>Times that all pages were gone through.</summary>
    public long Passes => Interlocked.Read(ref _passes);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (period > TimeSpan.Zero)
        {
            long started = time.GetTimestamp();
            await PassAsync(paced: true, cancellationToken).ConfigureAwait(false);
            TimeSpan rest = period - time.GetElapsedTime(started);
            await Task.Delay(rest > MinPause ? rest : MinPause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Goes through all pages once, as fast as they can be read unless <paramref name="paced"/>.</summary>
    public async Task PassAsync(bool paced, CancellationToken cancellationToken)
    {
        var found = new List<Candidate>(PageIndex.PagesPerExtent);
        TimeSpan owed = TimeSpan.Zero;
        IReadOnlyList<IndexShard> shards = index.Table.Shards;
        for (int i = 0; i < shards.Count; i++)
        {
            IndexShard shard = shards[(firstShard + i) % shards.Count];
            for (int slot = 0; slot < shard.SlotCount; slot++)
            {
                Collect(shard, slot, found);
                foreach (Candidate page in found)
                {
                    owed = paced ? await PauseAsync(owed + PauseFor(page), cancellationToken).ConfigureAwait(false) : owed;
                    cancellationToken.ThrowIfCancellationRequested();
                    if (!health.IsInService)
                        return;
                    if (await reader.ScrubAsync(page.File, page.Page, page.Length, page.Location).ConfigureAwait(false))
                        Interlocked.Increment(ref _pages);
                }
                found.Clear();
            }
        }
        Interlocked.Increment(ref _passes);
    }

    private void Collect(IndexShard shard, int slotNumber, List<Candidate> found)
    {
        lock (shard.Gate)
        {
            FileSlot slot = shard[slotNumber];
            for (int entry = index.FirstPresent(slot, slot.FirstEntry); entry >= 0; entry = index.FirstPresent(slot, entry + 1))
            {
                long page = slot.Extent * PageIndex.PagesPerExtent + (entry - slot.FirstEntry);
                ref PageEntry of = ref index.Table.Entry(entry);
                found.Add(new Candidate(
                    slot.Id, page, index.Table.PageLength(slot.Length, page), new PageLocation(entry, new PageWord(of.Word), of.Checksum, slot.Incarnation)));
            }
        }
    }

    /// <summary>This page's share of the period, by how many there are now.</summary>
    private TimeSpan PauseFor(in Candidate page)
    {
        TimeSpan share = period / Math.Max(1, index.Tracked.Count);
        TimeSpan least = TimeSpan.FromSeconds((double)page.Length / MaxBytesPerSecond);
        return share > least ? share : least;
    }

    private async ValueTask<TimeSpan> PauseAsync(TimeSpan owed, CancellationToken cancellationToken)
    {
        if (owed < MinPause)
            return owed;
        await Task.Delay(owed < MaxPause ? owed : MaxPause, time, cancellationToken).ConfigureAwait(false);
        return TimeSpan.Zero;
    }

    private readonly record struct Candidate(FileId File, long Page, int Length, PageLocation Location);
}
