using Orleans.Cache.Eviction;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>First in, first out, with checks that the page store keeps the policy contract. 8 bytes per entry.</summary>
public sealed class FifoPolicy : IEvictionPolicy
{
    private const int None = -1;
    private const int Out = -2;
    private int[] _next = [];
    private int[] _previous = [];
    private int _first = None;
    private int _last = None;
    private readonly Dictionary<int, int> _shares = [];

    public string Name => "fifo";

    public int Count { get; private set; }

    public long MemoryBytes => 8L * _next.Length;

    public int CountOf(int share) => _shares.Values.Count(s => s == share);

    public void Added(int entry, uint identityHash, int share = 0)
    {
        if (entry >= _next.Length)
            Grow(entry);
        Assert.True(_next[entry] == Out, "An entry was added twice.");
        _next[entry] = None;
        _previous[entry] = _last;
        if (_last == None)
            _first = entry;
        else
            _next[_last] = entry;
        _last = entry;
        Count++;
        _shares[entry] = share;
    }

    public void Touched(int entry)
    {
    }

    public void Removed(int entry, int share = 0)
    {
        Assert.True(_next[entry] != Out, "An entry was removed that is not in.");
        if (_previous[entry] == None)
            _first = _next[entry];
        else
            _next[_previous[entry]] = _next[entry];
        if (_next[entry] == None)
            _last = _previous[entry];
        else
            _previous[_next[entry]] = _previous[entry];
        _next[entry] = Out;
        Count--;
        _shares.Remove(entry);
    }

    public bool TryNextVictim(Func<int, uint> identityHashOf, out int entry)
    {
        entry = _first;
        if (entry == None)
            return false;
        Removed(entry);
        return true;
    }

    public bool TryNextVictim(int share, Func<int, uint> identityHashOf, out int entry)
    {
        entry = _first;
        while (entry != None && _shares[entry] != share)
            entry = _next[entry];
        if (entry == None)
            return false;
        Removed(entry);
        return true;
    }

    private void Grow(int entry)
    {
        int had = _next.Length;
        int size = Math.Max(entry + 1, had * 2);
        Array.Resize(ref _next, size);
        Array.Resize(ref _previous, size);
        Array.Fill(_next, Out, had, size - had);
    }
}
