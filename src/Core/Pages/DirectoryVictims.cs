using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages;

/// <summary>Where an evictor's room comes from.</summary>
internal interface IVictims
{
    /// <summary>Evicts a batch, of no more than <paramref name="excess"/> bytes and a page. False: nothing could leave.</summary>
    Task<bool> EvictAsync(long excess);
}

/// <summary>The pages of one store directory, in the order of its eviction policy.</summary>
internal sealed class DirectoryVictims(PageIndex index, PageRemovals removals, Remover remover, SpaceLedger ledger) : IVictims
{
    /// <summary>Victims per batch: 256 pages share one journal flush, and writers that wait see room after each batch.</summary>
    private const int BatchSize = 256;

    private long _evicted;

    /// <summary>Pages that left to make room.</summary>
    public long Evicted => Interlocked.Read(ref _evicted);

    /// <summary>Pages of one under storage that could leave.</summary>
    public int CountOf(ushort share) => index.Tracked.CountOf(share);

    public Task<bool> EvictAsync(long excess) => EvictAsync(excess, null);

    /// <summary>The same with pages of one under storage only.</summary>
    public async Task<bool> EvictAsync(long excess, ushort? share)
    {
        var batch = new RemovalBatch();
        excess = Math.Max(1, excess);
        // Lent files are given back to the policy and come by again; after as many tries as there are pages, all were lent.
        int tries = Math.Max(BatchSize, share is { } one ? index.Tracked.CountOf(one) : index.Tracked.Count);
        while (excess > 0 && batch.Pages.Count < BatchSize && tries-- > 0 && index.Tracked.TryTakeVictim(share, out int entry))
        {
            int before = batch.Pages.Count;
            if (!removals.TryMarkVictim(entry, batch))
                continue;
            // A file that was handed to the kernel leaves with all its pages.
            for (int i = before; i < batch.Pages.Count; i++)
                excess -= ledger.Allocated(batch.Pages[i].Length);
        }
        await remover.RemoveAsync(batch).ConfigureAwait(false);
        Interlocked.Add(ref _evicted, batch.Pages.Count);
        return !batch.IsEmpty;
    }
}
