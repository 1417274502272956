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

    /// <summary>Pages of one under storage.</summary>
    public int CountOf(ushort share)
    {
        lock (_gate)
            return policy.CountOf(share);
    }

    /// <summary>Called under the shard's lock, for a page that is Present and not tracked.</summary>
    public void Add(int entry, ulong idLow, long page)
    {
        lock (_gate)
        {
            policy.Added(entry, HashOf(idLow, page), ShareOf(entry));
            Interlocked.Or(ref table.Entry(entry).Word, PageWord.TrackedBit);
        }
    }

    /// <summary>Called under the shard's lock, before the page's word changes. False where it was not tracked.</summary>
    public bool Remove(int entry)
    {
        lock (_gate)
        {
            if (!new PageWord(Interlocked.And(ref table.Entry(entry).Word, ~PageWord.TrackedBit)).IsTracked)
                return false;
            policy.Removed(entry, ShareOf(entry));
            return true;
        }
    }

    public void Touch(int entry) => policy.Touched(entry);

    /// <summary>Takes the next victim out, of one share or of all. It may have left by the time its shard is locked.</summary>
    public bool TryTakeVictim(ushort? share, out int entry)
    {
        lock (_gate)
        {
            if (!(share is { } one ? policy.TryNextVictim(one, HashOf, out entry) : policy.TryNextVictim(HashOf, out entry)))
                return false;
            Interlocked.And(ref table.Entry(entry).Word, ~PageWord.TrackedBit);
            return true;
        }
    }

    /// <summary>Under the shard's lock: it changes there only.</summary>
    private int ShareOf(int entry) => table.Slot(table.Entry(entry).Owner).Share;

    /// <summary>
    /// For an entry that the policy holds. Its slot stays as it is without the shard's lock: a page is taken from the policy, under
    /// our lock, before its entry or its slot is given up.
    /// </summary>
    private uint HashOf(int entry)
    {
        int slotId = table.Entry(entry).Owner;
        return HashOf(table.Slot(slotId).IdLow, table.PageOf(slotId, entry));
    }

    private static uint HashOf(ulong idLow, long page) => (uint)idLow ^ (uint)((ulong)page * 0x9E3779B97F4A7C15 >> 32);
}
