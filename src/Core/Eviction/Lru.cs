namespace Orleans.Cache.Eviction;

/// <summary>
/// Least recently used: the reference that other policies are measured against. Touched takes a lock and moves the entry, which
/// is what S3-FIFO avoids. 9 bytes an entry. Invariant: an entry is in the queue, once, exactly where its state says so.
/// </summary>
public sealed class Lru : IEvictionPolicy
{
    public const string PolicyName = "lru";

    /// <summary>Guards everything: Touched comes from any thread, the others under the caller's lock.</summary>
    private readonly Lock _gate = new();
    private readonly SegmentedArray<EntryLinks> _links = new();
    private readonly SegmentedArray<bool> _isIn = new();
    private readonly EntryQueue _queue;

    public Lru() => _queue = new EntryQueue(_links);

    public string Name => PolicyName;

    public int Count
    {
        get
        {
            // A Touched in the middle of its move would be one entry short.
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
            _links.Cover(entry);
            _isIn.Cover(entry);
            if (_isIn[entry])
                throw new InvalidOperationException($"Entry {entry} is in already.");
            _isIn[entry] = true;
            _queue.Append(entry);
        }
    }

    public void Touched(int entry)
    {
        lock (_gate)
        {
            if (!IsIn(entry))
                return;
            _queue.Remove(entry);
            _queue.Append(entry);
        }
    }

    public void Removed(int entry)
    {
        lock (_gate)
        {
            if (IsIn(entry))
                Leave(entry);
        }
    }

    public bool TryNextVictim(out int entry)
    {
        lock (_gate)
        {
            entry = _queue.Count > 0 ? _queue.Oldest : -1;
            if (entry >= 0)
                Leave(entry);
            return entry >= 0;
        }
    }

    private bool IsIn(int entry) => (uint)entry < (uint)_isIn.Length && _isIn[entry];

    private void Leave(int entry)
    {
        _isIn[entry] = false;
        _queue.Remove(entry);
    }
}
