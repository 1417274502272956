using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Eviction;

/// <summary>
/// S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023). New pages enter a small queue of a tenth of
/// the cache; those that were read more than once while they were in it move on to the main queue, the others leave quickly
/// and are remembered as ghosts; a ghost that comes back goes straight to the main queue. A scan therefore passes through the
/// small queue and leaves the main one alone. A touch is one relaxed byte store.
/// </summary>
/// <remarks>
/// Invariants: an entry's state byte names the kind of queue that links it, or none; counts are at most 3. 9 bytes an entry, 4 more where there are several shares,
/// and one to two for its ghost. Touches race with everything: a lost one costs a place in a queue.
/// </remarks>
public sealed class S3Fifo : IEvictionPolicy
{
    /// <summary>Small queue's share of the cache: a tenth, as the paper found for nearly all of its traces.</summary>
    private const int SmallShare = 10;

    /// <summary>Touches counted, as in the paper: two bits.</summary>
    private const byte MaxCount = 3;

    /// <summary>
    /// Second chances given by one search. When all of a large main queue was touched, the search would walk it three times under
    /// the caller's lock; after so many the next in line leaves whatever its count.
    /// </summary>
    private const int MaxSecondChances = 4096;

    private const byte CountMask = 3;
    private const byte InSmall = 4;
    private const byte InMain = 8;

    private readonly SegmentedArray<EntryLink> _links = new(segmentBits: 12);
    private readonly SegmentedArray<byte> _states = new(segmentBits: 12);
    private readonly GhostTable _ghosts = new();
    private readonly ArrivalOrder _order = new();
    private readonly ShareQueues _small;
    private readonly ShareQueues _main;

    public S3Fifo()
    {
        _small = new ShareQueues(_links, _order);
        _main = new ShareQueues(_links, _order);
    }

    public string Name => "s3fifo";

    public int Count => _small.Count + _main.Count;

    public int CountOf(int share) => _small.CountOf(share) + _main.CountOf(share);

    public long MemoryBytes => _links.MemoryBytes + _states.MemoryBytes + _ghosts.MemoryBytes + _order.MemoryBytes;

    public void Added(int entry, uint identityHash, int share = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(entry);
        _links.EnsureCapacity(entry + 1);
        _states.EnsureCapacity(entry + 1);
        if (_states[entry] != 0)
            throw new InvalidOperationException($"Entry {entry} is in already.");
        _ghosts.SizeFor(Count + 1);
        Enqueue(entry, share, _ghosts.TryTake(identityHash) ? InMain : InSmall);
    }

    public void Touched(int entry)
    {
        if (entry >= _states.Capacity)
            return;
        ref byte state = ref _states[entry];
        byte seen = Volatile.Read(ref state);
        // Compare and swap, so that a touch cannot bring back the queue bits of an entry that leaves at this moment.
        if ((seen & CountMask) < MaxCount && seen > CountMask)
            Interlocked.CompareExchange(ref state, (byte)(seen + 1), seen);
    }

    public void Removed(int entry, int share = 0)
    {
        if (entry >= _states.Capacity)
            return;
        byte state = Interlocked.Exchange(ref _states[entry], 0);
        if (state != 0)
            QueuesOf(state).Remove(entry, share);
    }

    public bool TryNextVictim(Func<int, uint> identityHashOf, out int entry) => TryNextVictim(ShareQueues.All, identityHashOf, out entry);

    public bool TryNextVictim(int share, Func<int, uint> identityHashOf, out int entry)
    {
        for (int chances = 0; CountOf(share) > 0; chances++)
        {
            bool fromSmall = _main.CountOf(share) == 0 || _small.CountOf(share) >= Math.Max(1, CountOf(share) / SmallShare);
            entry = (fromSmall ? _small : _main).TakeOldest(share, out int from);
            int count = Interlocked.Exchange(ref _states[entry], 0) & CountMask;
            if (chances < MaxSecondChances && fromSmall && count > 1)
            {
                Enqueue(entry, from, InMain);
                continue;
            }
            if (chances < MaxSecondChances && !fromSmall && count > 0)
            {
                Enqueue(entry, from, InMain, count - 1);
                continue;
            }
            if (fromSmall)
                _ghosts.Add(identityHashOf(entry));
            return true;
        }
        entry = -1;
        return false;
    }

    private void Enqueue(int entry, int share, byte queue, int count = 0)
    {
        QueuesOf(queue).Add(entry, share);
        Volatile.Write(ref _states[entry], (byte)(queue | count));
    }

    private ShareQueues QueuesOf(byte state) => (state & InSmall) != 0 ? _small : _main;
}
