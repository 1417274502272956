using Orleans.Cache.Eviction;

namespace Orleans.Cache.Pages.Index;

/// <summary>
/// The eviction policy under its lock, with a bit in each page's word that says whether the policy holds it: the policy demands
/// that what is removed is in, and a page may leave (free, damage) between being chosen as victim and being evicted.
/// Lock order: a shard's lock, then this one; never the other way round.
/// </summary>
internal sealed class TrackedPages(IEvictionPolicy policy, IndexTable table)
{
    private readonly Lock _gate = new();

    public long MemoryBytes => policy.MemoryBytes;

    public int Count
    {
        get
        {
            lock (_gate)
                return policy.Count;
        }
    }

    /// <summary>Called under the shard's lock, for a page that is Present and not tracked.</summary>
    public void Add(int entry, ulong idLow, long page)
    {
        lock (_gate)
        {
            policy.Added(entry, (uint)idLow ^ (uint)((ulong)page * 0x9E3779B97F4A7C15 >> 32));
            Interlocked.Or(ref table.Entry(entry).Word, PageWord.TrackedBit);
        }
    }

    /// <summary>Called under the shard's lock, before the page's word changes.</summary>
    public void Remove(int entry)
    {
        lock (_gate)
        {
            if (!new PageWord(Interlocked.And(ref table.Entry(entry).Word, ~PageWord.TrackedBit)).IsTracked)
                return;
            policy.Removed(entry);
        }
    }

    public void Touch(int entry) => policy.Touched(entry);

    /// <summary>Takes the next victim out. It may have left by the time its shard is locked.</summary>
    public bool TryTakeVictim(out int entry)
    {
        lock (_gate)
        {
            if (!policy.TryNextVictim(out entry))
                return false;
            Interlocked.And(ref table.Entry(entry).Word, ~PageWord.TrackedBit);
            return true;
        }
    }
}
