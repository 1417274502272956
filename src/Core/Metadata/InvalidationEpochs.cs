using Orleans.Cache.Identity;

namespace Orleans.Cache.Metadata;

/// <summary>
/// Counts invalidations per path, in a fixed table indexed by hash, and of whole trees in one counter. Whatever is learnt is
/// stored with the epoch of the moment when asking began, and believed only while its path's epoch is still that: so an
/// invalidation wins over every refresh that was under way, whichever stores first. Paths that share a place share
/// invalidations; that costs a refresh.
/// </summary>
internal sealed class InvalidationEpochs
{
    /// <summary>32 KiB; a power of two.</summary>
    private const int Places = 4096;

    private readonly long[] _places = new long[Places];
    private long _trees;
    private long _all;

    /// <summary>Rises with every invalidation anywhere.</summary>
    public long All => Volatile.Read(ref _all);

    /// <summary>The path's epoch: a sum of counters that only rise, so it is equal only while none of them moved.</summary>
    public long Of(CachePath path) => OfPlace(PlaceOf(path));

    /// <summary>For callers that keep the place, to spare the hash on a hit.</summary>
    public long OfPlace(int place) => Volatile.Read(ref _places[place]) + Volatile.Read(ref _trees);

    public static int PlaceOf(CachePath path) => path.GetHashCode() & (Places - 1);

    /// <summary>The path and the listing that shows it.</summary>
    public void Invalidate(CachePath path)
    {
        Interlocked.Increment(ref _all);
        Interlocked.Increment(ref _places[PlaceOf(path)]);
        Interlocked.Increment(ref _places[PlaceOf(path.Parent)]);
    }

    /// <summary>Everything: which paths lie below one is not known, and trees are invalidated rarely.</summary>
    public void InvalidateTree()
    {
        Interlocked.Increment(ref _all);
        Interlocked.Increment(ref _trees);
    }
}
