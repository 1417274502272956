namespace Orleans.Cache.Mounts;

/// <summary>How long a status, a listing or a "not there" is believed.</summary>
public enum FreshnessMode
{
    /// <summary>For the time of <see cref="Freshness.Ttl"/>, from the moment the request to the under storage started.</summary>
    Bounded,

    /// <summary>For ever: the user promises that names are never reused for other content.</summary>
    Immutable,

    /// <summary>Never: each open asks, and joins only requests that started after it arrived.</summary>
    Strict,
}

/// <summary>A freshness mode with its time; the time counts for Bounded only.</summary>
public readonly record struct Freshness(FreshnessMode Mode, TimeSpan Ttl)
{
    /// <summary>A minute: long enough to take metadata off the under storage, short enough for people who edit and look.</summary>
    public static Freshness Default { get; } = Bounded(TimeSpan.FromSeconds(60));

    public static Freshness Immutable { get; } = new(FreshnessMode.Immutable, TimeSpan.MaxValue);

    public static Freshness Strict { get; } = new(FreshnessMode.Strict, TimeSpan.Zero);

    public static Freshness Bounded(TimeSpan ttl) => new(FreshnessMode.Bounded, ttl);

    public override string ToString() => Mode == FreshnessMode.Bounded ? $"bounded({Ttl.TotalSeconds}s)" : Mode.ToString().ToLowerInvariant();
}
