using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Eviction;

/// <summary>Least recently used: the reference that others are compared with. Each touch moves the entry under a lock.</summary>
public sealed class Lru : IEvictionPolicy
{
    private readonly Lock _gate = new();
    private readonly SegmentedArray<EntryLink> _links = new(segmentBits: 12);
    private readonly SegmentedArray<byte> _isIn = new(segmentBits: 12);
    private readonly EntryQueue _queue;

    public Lru() => _queue = new EntryQueue(_links);

    public string Name => "lru";

    /// <summary>Under the lock: a touch takes the entry out for a moment.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _queue.Count;
        }
    }

    public long MemoryBytes => _links.MemoryBytes + _isIn.MemoryBytes;

    public void Added(int entry, uint identityHash)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(entry);
        lock (_gate)
        {
            _links.EnsureCapacity(entry + 1);
            _isIn.EnsureCapacity(entry + 1);
            if (_isIn[entry] != 0)
                throw new InvalidOperationException($"Entry {entry} is in already.");
            _queue.Add(entry);
            _isIn[entry] = 1;
        }
    }

    public void Touched(int entry)
    {
        lock (_gate)
        {
            if (entry >= _isIn.Capacity || _isIn[entry] == 0)
                return;
            _queue.Remove(entry);
            _queue.Add(entry);
        }
    }

    public void Removed(int entry)
    {
        lock (_gate)
        {
            if (entry >= _isIn.Capacity || _isIn[entry] == 0)
                return;
            _queue.Remove(entry);
            _isIn[entry] = 0;
        }
    }

    public bool TryNextVictim(Func<int, uint> identityHashOf, out int entry)
    {
        lock (_gate)
        {
            entry = -1;
            if (_queue.Count == 0)
                return false;
            entry = _queue.TakeOldest();
            _isIn[entry] = 0;
            return true;
        }
    }
}
