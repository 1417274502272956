namespace Orleans.Cache.Pages.Index;

/// <summary>
/// Hands out contiguous runs of page entries, shared by all shards so that entry numbers stay dense for the eviction policy.
/// Freed runs are kept in one list per length and longer ones are split; they are not joined again, which costs memory only
/// where a store turns from small to large files (24 bytes a page), and saves a search on every free.
/// </summary>
internal sealed class EntryPool
{
    private const int None = -1;

    private readonly Lock _gate = new();
    private readonly int[] _free = new int[PageIndex.PagesPerExtent + 1];
    private int _used;

    public EntryPool() => Array.Fill(_free, None);

    /// <summary>All entries. 16 Ki entries per segment: 192 KiB.</summary>
    public SegmentedArray<PageEntry> Entries { get; } = new(segmentBits: 14);

    public int Rent(int length, int owner)
    {
        int first;
        lock (_gate)
            first = TakeFree(length) ?? TakeNew(length);
        for (int i = first; i < first + length; i++)
            Volatile.Write(ref Entries[i].Owner, owner);
        return first;
    }

    /// <summary>Takes back a run whose pages are all Absent.</summary>
    public void Return(int first, int length)
    {
        for (int i = first; i < first + length; i++)
            Volatile.Write(ref Entries[i].Owner, None);
        lock (_gate)
            Keep(first, length);
    }

    private int? TakeFree(int length)
    {
        for (int candidate = length; candidate < _free.Length; candidate++)
        {
            int first = _free[candidate];
            if (first == None)
                continue;
            _free[candidate] = (int)Entries[first].Checksum;
            if (candidate > length)
                Keep(first + length, candidate - length);
            return first;
        }
        return null;
    }

    private int TakeNew(int length)
    {
        int first = _used;
        Entries.EnsureCapacity(checked(first + length));
        _used += length;
        return first;
    }

    private void Keep(int first, int length)
    {
        Entries[first].Checksum = (uint)_free[length];
        _free[length] = first;
    }
}
