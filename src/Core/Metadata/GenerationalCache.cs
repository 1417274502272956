using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Orleans.Cache.Metadata;

/// <summary>
/// A bounded map: what was used since the current generation began survives, the rest goes with the previous one. Reads take no
/// lock and reorder nothing, which strict LRU would have to do on every hit; the price is that up to half of the room holds
/// entries not used lately.
/// </summary>
/// <remarks>Invariant: each generation holds at most half of the capacity by weight, give or take the writers at work when it turns.</remarks>
internal sealed class GenerationalCache<TKey, TValue>(long capacity)
    where TKey : notnull
    where TValue : class
{
    private readonly Lock _turning = new();
    private volatile Generation _current = new();
    private volatile Generation _previous = new();

    public long Weight => Interlocked.Read(ref _current.Weight) + Interlocked.Read(ref _previous.Weight);

    public bool TryGet(TKey key, [NotNullWhen(true)] out TValue? value)
    {
        if (_current.Entries.TryGetValue(key, out Weighed? found))
        {
            value = found.Value;
            return true;
        }
        if (_previous.Entries.TryGetValue(key, out found))
        {
            value = found.Value;
            Put(key, found, replace: false);
            return true;
        }
        value = null;
        return false;
    }

    public void Set(TKey key, TValue value, int weight = 1) => Put(key, new Weighed(value, weight), replace: true);

    public void Remove(TKey key)
    {
        _previous.Remove(key);
        _current.Remove(key);
    }

    public void Clear()
    {
        lock (_turning)
        {
            _previous = new Generation();
            _current = new Generation();
        }
    }

    private void Put(TKey key, Weighed entry, bool replace)
    {
        Generation generation = _current;
        if (generation.Put(key, entry, replace) <= capacity / 2)
            return;
        lock (_turning)
        {
            // Whoever came first has turned already.
            if (!ReferenceEquals(generation, _current))
                return;
            _previous = generation;
            _current = new Generation();
        }
    }

    private sealed record Weighed(TValue Value, int Weight);

    private sealed class Generation
    {
        public long Weight;

        public ConcurrentDictionary<TKey, Weighed> Entries { get; } = new();

        /// <summary>The generation's weight afterwards.</summary>
        public long Put(TKey key, Weighed entry, bool replace)
        {
            if (Entries.TryAdd(key, entry))
                return Interlocked.Add(ref Weight, entry.Weight);
            if (replace && Entries.TryGetValue(key, out Weighed? old) && Entries.TryUpdate(key, entry, old))
                return Interlocked.Add(ref Weight, entry.Weight - old.Weight);
            // Somebody replaced it at the same moment: theirs is as new as ours, and InvalidationEpochs judge both.
            return Interlocked.Read(ref Weight);
        }

        public void Remove(TKey key)
        {
            if (Entries.TryRemove(key, out Weighed? removed))
                Interlocked.Add(ref Weight, -removed.Weight);
        }
    }
}
