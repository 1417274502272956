namespace Orleans.Cache.Pages.Index;

/// <summary>
/// A hash table of file slots under one lock. Linear hashing: the table grows by splitting one bucket per insertion, so no
/// insertion pays for a rehash of everything and nothing large is ever copied. Slots never move.
/// Invariant: every member is used under <see cref="Gate"/>, MemoryBytes and SlotCount excepted.
/// </summary>
internal sealed class IndexShard
{
    private const int None = -1;

    /// <summary>Buckets to begin with; a power of two.</summary>
    private const int InitialBuckets = 64;

    private readonly SegmentedArray<FileSlot> _slots = new(segmentBits: 8);
    private readonly SegmentedArray<int> _buckets = new(segmentBits: 8);
    private int _freeSlot = None;
    private int _slotsUsed;
    private int _count;

    /// <summary>Buckets of the last full round; buckets below <see cref="_split"/> were split in this one.</summary>
    private int _round = InitialBuckets;
    private int _split;

    public IndexShard()
    {
        _buckets.EnsureCapacity(InitialBuckets);
        for (int i = 0; i < InitialBuckets; i++)
            _buckets[i] = None;
    }

    public Lock Gate { get; } = new();

    /// <summary>Readers now lending ranges of a file, by incarnation (which outlives the slot of an unlinked file).</summary>
    public Dictionary<long, int> Leases { get; } = [];

    /// <summary>Slots ever used; for walks, which skip the free ones.</summary>
    public int SlotCount => Volatile.Read(ref _slotsUsed);

    public long MemoryBytes => _slots.MemoryBytes + _buckets.MemoryBytes;

    public ref FileSlot this[int slot] => ref _slots[slot];

    public int Find(ulong idHigh, ulong idLow, long extent)
    {
        int slot = _buckets[BucketOf(idLow, extent)];
        while (slot != None)
        {
            ref FileSlot candidate = ref _slots[slot];
            if (candidate.IdLow == idLow && candidate.IdHigh == idHigh && candidate.Extent == extent)
                return slot;
            slot = candidate.Next;
        }
        return None;
    }

    /// <summary>Adds a slot; the caller knows that the key is not there, and fills in what is not the key.</summary>
    public int Add(ulong idHigh, ulong idLow, long extent)
    {
        int slot = _freeSlot;
        if (slot != None)
        {
            _freeSlot = _slots[slot].Next;
        }
        else
        {
            slot = _slotsUsed;
            _slots.EnsureCapacity(slot + 1);
            Volatile.Write(ref _slotsUsed, slot + 1);
        }
        int bucket = BucketOf(idLow, extent);
        _slots[slot] = new FileSlot
        {
            IdHigh = idHigh,
            IdLow = idLow,
            Extent = extent,
            Next = _buckets[bucket],
            FirstEntry = None,
            NextOfFile = None,
            PreviousOfFile = None,
        };
        _buckets[bucket] = slot;
        if (++_count > _round + _split)
            SplitNextBucket();
        return slot;
    }

    public void Remove(int slot)
    {
        ref FileSlot removed = ref _slots[slot];
        ref int link = ref _buckets[BucketOf(removed.IdLow, removed.Extent)];
        while (link != slot)
            link = ref _slots[link].Next;
        link = removed.Next;
        removed = new FileSlot { Next = _freeSlot, Extent = None, FirstEntry = None };
        _freeSlot = slot;
        _count--;
    }

    private int BucketOf(ulong idLow, long extent)
    {
        uint hash = (uint)((idLow ^ ((ulong)extent * 0x9E3779B97F4A7C15)) >> 16);
        int bucket = (int)(hash & (uint)(_round - 1));
        return bucket < _split ? (int)(hash & (uint)(2 * _round - 1)) : bucket;
    }

    private void SplitNextBucket()
    {
        int old = _split;
        _buckets.EnsureCapacity(_round + _split + 1);
        int slot = _buckets[old];
        _buckets[old] = None;
        _buckets[_round + _split] = None;
        if (++_split == _round)
        {
            _round *= 2;
            _split = 0;
        }
        while (slot != None)
        {
            ref FileSlot moved = ref _slots[slot];
            int next = moved.Next;
            int bucket = BucketOf(moved.IdLow, moved.Extent);
            moved.Next = _buckets[bucket];
            _buckets[bucket] = slot;
            slot = next;
        }
    }
}
