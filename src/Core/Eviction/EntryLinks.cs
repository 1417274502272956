using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Eviction;

/// <summary>Previous and next entry of a queue; -1 at its ends. 8 bytes an entry, shared by all queues of a policy: an entry is in one at most.</summary>
internal struct EntryLink
{
    public int Previous;
    public int Next;
}

/// <summary>A first-in-first-out queue of entries, linked through a flat array. An entry can leave from the middle.</summary>
internal sealed class EntryQueue(SegmentedArray<EntryLink> links)
{
    private const int None = -1;

    private int _newest = None;
    private int _oldest = None;

    public int Count { get; private set; }

    /// <summary>The entry that has been here longest; -1 where there is none.</summary>
    public int Oldest => _oldest;

    public void Add(int entry)
    {
        links[entry] = new EntryLink { Previous = None, Next = _newest };
        if (_newest == None)
            _oldest = entry;
        else
            links[_newest].Previous = entry;
        _newest = entry;
        Count++;
    }

    public void Remove(int entry)
    {
        EntryLink link = links[entry];
        if (link.Previous == None)
            _newest = link.Next;
        else
            links[link.Previous].Next = link.Next;
        if (link.Next == None)
            _oldest = link.Previous;
        else
            links[link.Next].Previous = link.Previous;
        Count--;
    }

    /// <summary>Takes the oldest out; the queue must not be empty.</summary>
    public int TakeOldest()
    {
        int entry = _oldest;
        Remove(entry);
        return entry;
    }
}
