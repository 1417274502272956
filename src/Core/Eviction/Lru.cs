using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Eviction;

/// <summary>Least recently used: the reference that others are compared with. Each touch moves the entry under a lock.</summary>
public sealed class Lru : IEvictionPolicy
{
    private readonly Lock _gate = new();
    private readonly SegmentedArray<EntryLink> _links = new(segmentBits: 12);

    /// <summary>The share that an entry is in, and one; 0: it is not in.</summary>
    private readonly SegmentedArray<ushort> _homes = new(segmentBits: 12);
    private readonly ArrivalOrder _order = new();
    private readonly ShareQueues _queues;

    public Lru() => _queues = new ShareQueues(_links, _order);

    public string Name => "lru";

    /// <summary>Under the lock: a touch takes the entry out for a moment.</summary>
    public int Count => CountOf(ShareQueues.All);

    public int CountOf(int share)
    {
        lock (_gate)
            return _queues.CountOf(share);
    }

    public long MemoryBytes => _links.MemoryBytes + _homes.MemoryBytes + _order.MemoryBytes;

    public void Added(int entry, uint identityHash, int share = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(entry);
        lock (_gate)
        {
            _links.EnsureCapacity(entry + 1);
            _homes.EnsureCapacity(entry + 1);
            if (_homes[entry] != 0)
                throw new InvalidOperationException($"Entry {entry} is in already.");
            _queues.Add(entry, share);
            _homes[entry] = checked((ushort)(share + 1));
        }
    }

    public void Touched(int entry)
    {
        lock (_gate)
        {
            if (entry >= _homes.Capacity || _homes[entry] == 0)
                return;
            _queues.Remove(entry, _homes[entry] - 1);
            _queues.Add(entry, _homes[entry] - 1);
        }
    }

    public void Removed(int entry, int share = 0)
    {
        lock (_gate)
        {
            if (entry >= _homes.Capacity || _homes[entry] == 0)
                return;
            _queues.Remove(entry, _homes[entry] - 1);
            _homes[entry] = 0;
        }
    }

    public bool TryNextVictim(Func<int, uint> identityHashOf, out int entry) => TryNextVictim(ShareQueues.All, identityHashOf, out entry);

    public bool TryNextVictim(int share, Func<int, uint> identityHashOf, out int entry)
    {
        lock (_gate)
        {
            entry = -1;
            if (_queues.CountOf(share) == 0)
                return false;
            entry = _queues.TakeOldest(share, out _);
            _homes[entry] = 0;
            return true;
        }
    }
}
