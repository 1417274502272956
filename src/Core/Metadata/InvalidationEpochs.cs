using Orleans.Cache.Identity;

namespace Orleans.Cache.Metadata;

/// <summary>
/// Counts invalidations, so that whatever was learnt before one is never believed after it. A refresh takes a stamp before it
/// asks the under storage; its result carries the stamp and is believed only while every counter that the stamp names stands
/// where it stood. Nothing is searched or removed, so no interleaving of a refresh with an invalidation can leave a stale result.
/// </summary>
/// <remarks>
/// Memory is fixed: counters are shared by hash, and sharing costs an extra refresh, never a wrong answer. Three kinds:
/// <list type="bullet">
/// <item>names: one path's status.</item>
/// <item>contents: one directory's listing; moves with the directory's own path and with each path directly in it.</item>
/// <item>trees: everything at and below a path. A stamp holds the sum over the path and its ancestors: counters only grow, so the
/// sum stands still exactly as long as all of them do. <c>_treeVersion</c> grows with any of them and spares the sum on lookups.</item>
/// </list>
/// </remarks>
internal sealed class InvalidationEpochs
{
    /// <summary>
    /// 1.5 MiB in all. A thousand files written a second make the cache ask anew for an unrelated status once a minute on the
    /// average, which is the default validity.
    /// </summary>
    private const int Stripes = 64 * 1024;

    /// <summary>FNV-1a. Not seeded: whoever contrives equal hashes gains a refresh.</summary>
    private const uint HashBasis = 2166136261;

    private readonly long[] _names = new long[Stripes];
    private readonly long[] _contents = new long[Stripes];
    private readonly long[] _trees = new long[Stripes];
    private long _treeVersion;

    /// <summary>To be taken before the status of <paramref name="path"/> is asked for.</summary>
    public EpochStamp OfStatus(CachePath path) => Capture(_names, path.Value);

    /// <summary>To be taken before the listing of <paramref name="directory"/> is asked for.</summary>
    public EpochStamp OfListing(CachePath directory) => Capture(_contents, directory.Value);

    /// <summary>
    /// Forgets what is known of a path, the listing that names it and, with <paramref name="recursive"/>, everything below it.
    /// </summary>
    /// <remarks>
    /// The order carries <see cref="TryStampEntry"/>: contents move before names and trees, so a stamp that already counts this
    /// invalidation is only ever taken when the listing's own stamp has ceased to hold.
    /// </remarks>
    public void Invalidate(CachePath path, bool recursive)
    {
        int stripe = StripeOf(path.Value);
        Interlocked.Increment(ref _contents[StripeOf(path.Parent.Value)]);
        Interlocked.Increment(ref _contents[stripe]);
        if (recursive)
        {
            Interlocked.Increment(ref _trees[stripe]);
            // After the counter: who sees the new version must see the new sum.
            Interlocked.Increment(ref _treeVersion);
        }
        Interlocked.Increment(ref _names[stripe]);
    }

    /// <summary>Whether nothing was invalidated since the stamp was taken. Allocates nothing; a few nanoseconds unless trees moved.</summary>
    public bool Holds(ref EpochStamp stamp, CachePath path)
    {
        if (Volatile.Read(ref stamp.Counters[stamp.Stripe]) != stamp.Own)
            return false;
        // Before the sum: a tree that is invalidated while it is added up makes the next lookup add again.
        long version = Volatile.Read(ref _treeVersion);
        if (version == stamp.TreeVersion)
            return true;
        if (SumOfTrees(path.Value) != stamp.Trees)
            return false;
        stamp.TreeVersion = version;
        return true;
    }

    /// <summary>
    /// The stamp for a status that came with a listing: as if it had been taken when the listing started. False where that
    /// cannot be said any more.
    /// </summary>
    /// <remarks>
    /// The name was unknown when the listing started, so its stamp is taken now, and the listing's stamp is compared after
    /// that. If it still holds, counter by counter, nothing at the name or above it had moved when the stamp was taken.
    /// </remarks>
    public bool TryStampEntry(in EpochStamp listing, CachePath directory, CachePath entry, out EpochStamp stamp)
    {
        stamp = OfStatus(entry);
        return Volatile.Read(ref listing.Counters[listing.Stripe]) == listing.Own && SumOfTrees(directory.Value) == listing.Trees;
    }

    private EpochStamp Capture(long[] counters, string path)
    {
        int stripe = StripeOf(path);
        long version = Volatile.Read(ref _treeVersion);
        return new EpochStamp(counters, stripe, Volatile.Read(ref counters[stripe]), SumOfTrees(path)) { TreeVersion = version };
    }

    /// <summary>Over the path and all its ancestors, in one pass: the hash of an ancestor is a state on the way to the path's.</summary>
    private long SumOfTrees(string path)
    {
        uint hash = Add(HashBasis, '/');
        long sum = Volatile.Read(ref _trees[StripeOf(hash)]);
        for (int i = 1; i < path.Length; i++)
        {
            if (path[i] == '/')
                sum += Volatile.Read(ref _trees[StripeOf(hash)]);
            hash = Add(hash, path[i]);
        }
        return path.Length == 1 ? sum : sum + Volatile.Read(ref _trees[StripeOf(hash)]);
    }

    private static int StripeOf(string path)
    {
        uint hash = HashBasis;
        foreach (char c in path)
            hash = Add(hash, c);
        return StripeOf(hash);
    }

    private static int StripeOf(uint hash) => (int)((hash ^ (hash >> 15)) & (Stripes - 1));

    private static uint Add(uint hash, char c) => (hash ^ c) * 16777619;
}

/// <summary>Where the counters of one path stood at one moment. TreeVersion is a memo: it only spares work.</summary>
internal struct EpochStamp(long[] counters, int stripe, long own, long trees)
{
    public readonly long[] Counters = counters;
    public readonly int Stripe = stripe;
    public readonly long Own = own;
    public readonly long Trees = trees;
    public long TreeVersion;
}
