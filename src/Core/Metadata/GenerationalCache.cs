using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Orleans.Cache.Metadata;

/// <summary>
/// Remembers beliefs by path in bounded memory. Two generations: a lookup that finds its belief in the previous one carries it
/// over to the current one; when the current one is full it becomes the previous one, and the former previous one is dropped.
/// What is asked for at least once per generation therefore stays. Not LRU, because an exact order costs a lock or a write to
/// shared memory on every hit, and hits are on the path of every read; the price is that down to half the capacity may be
/// in use right after a turn.
/// </summary>
/// <remarks>
/// Invariants: the weights of each generation add up to at most half the capacity; where a path is in both, the current
/// generation's belief is not the older one. Reads take no lock; changes are serialised by one short lock.
/// </remarks>
internal sealed class GenerationalCache<T>(long capacity)
{
    private readonly Lock _gate = new();
    private readonly long _half = Math.Max(1, capacity / 2);
    private volatile Generations _generations = new(Empty(), Empty());
    private long _currentWeight;

    /// <summary>Beliefs held, both generations.</summary>
    public int Count => _generations.Current.Count + _generations.Previous.Count;

    public bool TryGet(string path, [MaybeNullWhen(false)] out Belief<T> belief)
    {
        Generations generations = _generations;
        if (generations.Current.TryGetValue(path, out belief))
            return true;
        if (!generations.Previous.TryGetValue(path, out belief))
            return false;
        CarryOver(path, belief);
        return true;
    }

    /// <summary>Remembers a belief unless one from a later request is known, or it is heavier than a generation.</summary>
    public void Store(string path, Belief<T> belief)
    {
        lock (_gate)
        {
            Generations generations = _generations;
            if (belief.Weight > _half)
                return;
            if ((generations.Current.TryGetValue(path, out Belief<T>? known) || generations.Previous.TryGetValue(path, out known))
                && known.StartedAt > belief.StartedAt)
                return;
            Put(path, belief);
        }
    }

    private void CarryOver(string path, Belief<T> belief)
    {
        lock (_gate)
        {
            // Looked up again: meanwhile a newer one may have come, or the generations may have turned.
            Generations generations = _generations;
            if (!generations.Current.ContainsKey(path) && generations.Previous.TryGetValue(path, out Belief<T>? known) && known == belief)
                Put(path, belief);
        }
    }

    private void Put(string path, Belief<T> belief)
    {
        long replaced = _generations.Current.TryGetValue(path, out Belief<T>? known) ? known.Weight : 0;
        if (_currentWeight - replaced + belief.Weight > _half)
        {
            _generations = new Generations(Empty(), _generations.Current);
            _currentWeight = replaced = 0;
        }
        _generations.Current[path] = belief;
        _currentWeight += belief.Weight - replaced;
    }

    private static ConcurrentDictionary<string, Belief<T>> Empty() => new();

    private sealed record Generations(ConcurrentDictionary<string, Belief<T>> Current, ConcurrentDictionary<string, Belief<T>> Previous);
}
