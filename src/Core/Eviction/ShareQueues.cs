using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Eviction;

/// <summary>
/// When entries were put into their queues, so that the oldest of several queues is known: 4 bytes an entry, and none as long as there is one share only.
/// Numbers wrap after 2^32 arrivals; an entry that stayed for half of that has its place wrong, no more.
/// </summary>
internal sealed class ArrivalOrder
{
    private SegmentedArray<uint>? _numbers;
    private uint _last;
    private int _onlyShare;

    public long MemoryBytes => _numbers?.MemoryBytes ?? 0;

    public void Note(int entry, int share)
    {
        _last++;
        if (_onlyShare == 0)
            _onlyShare = share;
        // What came before has number 0: older than all that comes.
        else if (_numbers is null && share != 0 && share != _onlyShare)
            _numbers = new(segmentBits: 12);
        if (_numbers is null)
            return;
        _numbers.EnsureCapacity(entry + 1);
        _numbers[entry] = _last;
    }

    /// <summary>Entries without a number are equal: then the lower share counts as the older, and share 0 holds what came before all.</summary>
    public bool IsOlder(int entry, int other) => (int)(NumberOf(entry) - NumberOf(other)) < 0;

    private uint NumberOf(int entry) => _numbers is not null && entry < _numbers.Capacity ? _numbers[entry] : 0;
}

/// <summary>First-in-first-out queues of one kind, one for each share; the oldest entry is found of one share and of all.</summary>
internal sealed class ShareQueues(SegmentedArray<EntryLink> links, ArrivalOrder order)
{
    /// <summary>Stands for all shares.</summary>
    public const int All = -1;

    private EntryQueue?[] _queues = [];

    /// <summary>Entries in all of them.</summary>
    public int Count { get; private set; }

    /// <summary>Entries of a share, or of <see cref="All"/>.</summary>
    public int CountOf(int share) => share == All ? Count : share < _queues.Length ? _queues[share]?.Count ?? 0 : 0;

    public void Add(int entry, int share)
    {
        if (share >= _queues.Length)
            Array.Resize(ref _queues, Math.Max(share + 1, 2 * _queues.Length));
        order.Note(entry, share);
        (_queues[share] ??= new EntryQueue(links)).Add(entry);
        Count++;
    }

    public void Remove(int entry, int share)
    {
        _queues[share]!.Remove(entry);
        Count--;
    }

    /// <summary>Takes out the oldest of a share, or of <see cref="All"/>; there must be one. Of all, it looks at each share once: at most as many as there are mounts.</summary>
    public int TakeOldest(int share, out int from)
    {
        from = share == All ? ShareOfOldest() : share;
        Count--;
        return _queues[from]!.TakeOldest();
    }

    private int ShareOfOldest()
    {
        int best = All;
        for (int share = 0; share < _queues.Length; share++)
        {
            if (_queues[share] is { Count: > 0 } queue && (best == All || order.IsOlder(queue.Oldest, _queues[best]!.Oldest)))
                best = share;
        }
        return best;
    }
}
