using Orleans.Cache.Mounts;

namespace Orleans.Cache.Metadata;

/// <summary>How long, and under which circumstances, something learnt is believed. Immutable.</summary>
/// <param name="Table">The mount table it was learnt under; another one may map the path elsewhere.</param>
/// <param name="Place">The path's place among the invalidation epochs.</param>
/// <param name="Epoch">That place's epoch before asking began.</param>
/// <param name="Until">Timestamp of its end; long.MaxValue: never.</param>
internal sealed record Belief(MountTable Table, int Place, long Epoch, long Until)
{
    /// <summary>"Not there" on an immutable mount: names are never reused, but new ones appear.</summary>
    private static readonly TimeSpan MissingOnImmutable = TimeSpan.FromSeconds(60);

    /// <summary>What is left of it; null where it is not believed any more.</summary>
    public TimeSpan? Remaining(MountTable table, InvalidationEpochs epochs, TimeProvider time)
    {
        if (!ReferenceEquals(table, Table) || epochs.OfPlace(Place) != Epoch)
            return null;
        if (Until == long.MaxValue)
            return TimeSpan.MaxValue;
        long now = time.GetTimestamp();
        return now < Until ? time.GetElapsedTime(now, Until) : null;
    }

    /// <summary>End of belief for what a request started at <paramref name="started"/> found.</summary>
    public static long UntilFor(Freshness freshness, bool isMissing, long started, TimeProvider time) => freshness.Mode switch
    {
        FreshnessMode.Immutable when isMissing => After(started, MissingOnImmutable, time),
        FreshnessMode.Immutable => long.MaxValue,
        FreshnessMode.Strict => started,
        _ => After(started, freshness.Ttl, time),
    };

    private static long After(long started, TimeSpan span, TimeProvider time) =>
        (long)Math.Min(long.MaxValue - 1.0, started + span.TotalSeconds * time.TimestampFrequency);
}
