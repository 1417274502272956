namespace Orleans.Cache.Eviction;

/// <summary>
/// Remembers which of the last N pages that left it has seen, in 5 bytes each: buckets of four slots, each slot a fingerprint
/// with the coarse age of its insertion. What is older than N insertions counts as forgotten, and a full bucket gives up its
/// oldest slot, so no queue is kept. Two pages with one bucket and fingerprint (1 in 16,000) are taken for one another, which puts
/// one page into the wrong queue. Serialised by the caller.
/// </summary>
internal sealed class GhostTable
{
    private const int Ways = 4;

    /// <summary>Ages are told apart to 1/256 of the table: finer than anyone can notice.</summary>
    private const int TicksPerTable = 256;

    /// <summary>4 KiB: a cache of a few pages does not have to grow it.</summary>
    private const int MinSlots = 1024;

    private Slot[] _slots = [];
    private long _inserted;

    public long MemoryBytes => (long)_slots.Length * 4;

    private int Tick => (int)(_inserted / Math.Max(1, _slots.Length / TicksPerTable));

    /// <summary>Remembers a page as the newest of <paramref name="capacity"/>.</summary>
    public void Insert(uint hash, int capacity)
    {
        Fit(capacity);
        _inserted++;
        ushort now = (ushort)Tick;
        Span<Slot> bucket = BucketOf(hash);
        ref Slot target = ref bucket[0];
        foreach (ref Slot slot in bucket)
        {
            if (slot.IsFree || slot.Fingerprint == FingerprintOf(hash))
            {
                target = ref slot;
                break;
            }
            if ((ushort)(now - slot.InsertedAt) > (ushort)(now - target.InsertedAt))
                target = ref slot;
        }
        target = new Slot { Fingerprint = FingerprintOf(hash), InsertedAt = now };
    }

    /// <summary>Whether the page is among the last <paramref name="capacity"/>; being asked for makes it forgotten.</summary>
    public bool Take(uint hash, int capacity)
    {
        if (_slots.Length == 0)
            return false;
        foreach (ref Slot slot in BucketOf(hash))
        {
            if (slot.IsFree || slot.Fingerprint != FingerprintOf(hash))
                continue;
            int age = (ushort)(Tick - slot.InsertedAt);
            slot = default;
            return age <= (long)capacity * TicksPerTable / _slots.Length;
        }
        return false;
    }

    /// <summary>
    /// Grows with the number of entries, a quarter ahead, and starts empty then: pages leave when the cache is full, so its
    /// number of entries has settled by the time that ghosts matter.
    /// </summary>
    private void Fit(int capacity)
    {
        if (capacity > _slots.Length || _slots.Length == 0)
            _slots = new Slot[Math.Max(MinSlots, (int)Math.Min(capacity * 5L / 4, Array.MaxLength) / Ways * Ways)];
    }

    private Span<Slot> BucketOf(uint hash)
    {
        // Mixed first: the page index's own tables use bits of the same hash.
        uint buckets = (uint)(_slots.Length / Ways);
        return _slots.AsSpan((int)((ulong)(hash * 0x9E3779B1u) * buckets >> 32) * Ways, Ways);
    }

    /// <summary>Never 0, which marks a free slot.</summary>
    private static ushort FingerprintOf(uint hash) => (ushort)((hash * 0x85EBCA6Bu >> 16) | 1);

    private struct Slot
    {
        public ushort Fingerprint;
        public ushort InsertedAt;

        public readonly bool IsFree => Fingerprint == 0;
    }
}
