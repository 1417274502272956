namespace Orleans.Cache.Mounts;

/// <summary>How long a status, a listing or a "not there" is believed.</summary>
public enum FreshnessMode
{
    /// <summary>For the time of <see cref="Freshness.Ttl"/>, from the moment the request to the under storage started.</summary>
    Bounded,

    /// <summary>
    /// For ever: the user promises that names are never reused for other content. A name that is absent may still appear, so
    /// "not there" and the completeness of a listing are believed only as long as <see cref="Freshness.Default"/> says.
    /// </summary>
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

    /// <summary>How long what exists is believed, from the start of the request. <see cref="TimeSpan.MaxValue"/>: for ever. Zero: once.</summary>
    public TimeSpan BelieveFor => Mode switch
    {
        FreshnessMode.Immutable => TimeSpan.MaxValue,
        FreshnessMode.Strict => TimeSpan.Zero,
        _ => Ttl,
    };

    /// <summary>How long an absence is believed, from the start of the request: "not there", or a listing that lacks a name.</summary>
    public TimeSpan BelieveAbsenceFor => Mode == FreshnessMode.Immutable ? Default.Ttl : BelieveFor;

    public override string ToString() => Mode == FreshnessMode.Bounded ? $"bounded({Ttl.TotalSeconds}s)" : Mode.ToString().ToLowerInvariant();
}
