namespace Orleans.Cache.Eviction;

/// <summary>
/// Decides which entry leaves next. Entries are small non-negative integers that the page index hands out and reuses;
/// implementations keep flat arrays by entry, no object per entry. Each entry that is in is in exactly once.
/// Added, Removed and TryNextVictim are serialised by the caller's lock; Touched may run at any time from any thread, also
/// for an entry that has just left.
/// Entries belong to shares, small numbers that begin at 0: what of one under storage is cached is one share. Victims are looked for among all, or in one share, which then
/// counts as a cache by itself; the order among all does not depend on the shares.
/// </summary>
public interface IEvictionPolicy
{
    /// <summary>Name in configuration and metrics, e.g. "s3fifo".</summary>
    string Name { get; }

    /// <summary>Entries that are in.</summary>
    int Count { get; }

    /// <summary>Entries of one share that are in.</summary>
    int CountOf(int share);

    /// <summary>Managed bytes held.</summary>
    long MemoryBytes { get; }

    /// <summary>A page came in.</summary>
    /// <param name="entry">Its number.</param>
    /// <param name="identityHash">Hash of the page's id: the same when the same page comes again, for ghost queues.</param>
    /// <param name="share">The share that it belongs to until it leaves.</param>
    void Added(int entry, uint identityHash, int share = 0);

    /// <summary>A page was read. On the hit path: must not lock or allocate in the default policy.</summary>
    void Touched(int entry);

    /// <summary>A page left for another reason than eviction (free, damage).</summary>
    /// <param name="entry">Its number.</param>
    /// <param name="share">As it was added.</param>
    void Removed(int entry, int share = 0);

    /// <summary>Takes out the entry that should leave next. False where none is in.</summary>
    /// <param name="identityHashOf">The hash that Added was given for an entry that is in: the caller can compute it, so no policy stores it.</param>
    /// <param name="entry">The victim.</param>
    bool TryNextVictim(Func<int, uint> identityHashOf, out int entry);

    /// <summary>The same among the entries of one share.</summary>
    bool TryNextVictim(int share, Func<int, uint> identityHashOf, out int entry);
}
