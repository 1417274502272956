namespace Orleans.Cache.Eviction;

/// <summary>The neighbours of an entry in its queue; -1 at the ends.</summary>
internal struct EntryLinks
{
    public int Older;
    public int Newer;
}

/// <summary>
/// A doubly linked queue threaded through an array by entry, so that any entry leaves in constant time. Several queues share
/// one array, since an entry is in one of them at most. Serialised by the caller.
/// </summary>
internal sealed class EntryQueue(SegmentedArray<EntryLinks> links)
{
    private const int None = -1;

    private int _oldest = None;
    private int _newest = None;

    public int Count { get; private set; }

    /// <summary>The entry that came first; only where Count is not zero.</summary>
    public int Oldest => _oldest;

    public void Append(int entry)
    {
        links[entry] = new EntryLinks { Older = _newest, Newer = None };
        if (_newest == None)
            _oldest = entry;
        else
            links[_newest].Newer = entry;
        _newest = entry;
        Count++;
    }

    public void Remove(int entry)
    {
        EntryLinks at = links[entry];
        if (at.Older == None)
            _oldest = at.Newer;
        else
            links[at.Older].Newer = at.Newer;
        if (at.Newer == None)
            _newest = at.Older;
        else
            links[at.Newer].Older = at.Older;
        Count--;
    }
}
