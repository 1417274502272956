using Orleans.Cache.Eviction;

namespace Orleans.Cache.Core.Tests.Eviction;

/// <summary>A cache of so many pages that only counts: drives a policy as the page index does, entry numbers reused.</summary>
internal sealed class CacheSimulation(IEvictionPolicy policy, int capacity)
{
    private readonly Dictionary<int, int> _entryOfPage = [];
    private readonly int[] _pageOfEntry = new int[capacity];

    public int Reads { get; private set; }

    public int Hits { get; private set; }

    public double HitRatio => (double)Hits / Reads;

    public bool Read(int page)
    {
        Reads++;
        if (_entryOfPage.TryGetValue(page, out int entry))
        {
            Hits++;
            policy.Touched(entry);
            return true;
        }
        entry = _entryOfPage.Count;
        if (entry == capacity)
        {
            Assert.True(policy.TryNextVictim(e => (uint)_pageOfEntry[e], out entry));
            _entryOfPage.Remove(_pageOfEntry[entry]);
        }
        _entryOfPage[page] = entry;
        _pageOfEntry[entry] = page;
        policy.Added(entry, (uint)page);
        return false;
    }
}
