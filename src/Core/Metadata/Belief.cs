using Orleans.Cache.Identity;

namespace Orleans.Cache.Metadata;

/// <summary>Something an under storage said, with the time until which it is believed unless it is invalidated first.</summary>
/// <param name="path">What it is about.</param>
/// <param name="value">What was said.</param>
/// <param name="stamp">Taken before the request started.</param>
/// <param name="startedAt">Timestamp of the request's start.</param>
/// <param name="expiresAt">Timestamp; <see cref="Forever"/> where it is believed for ever.</param>
/// <param name="weight">Entries that it counts for where memory is bounded.</param>
internal sealed class Belief<T>(CachePath path, T value, EpochStamp stamp, long startedAt, long expiresAt, int weight)
{
    /// <summary>What <see cref="Belief.After"/> saturates at.</summary>
    public const long Forever = long.MaxValue;

    /// <summary>A field, because lookups refresh its memo.</summary>
    public EpochStamp Stamp = stamp;

    public CachePath Path { get; } = path;

    public T Value { get; } = value;

    public long StartedAt { get; } = startedAt;

    public long ExpiresAt { get; } = expiresAt;

    public int Weight { get; } = weight;
}

/// <summary>Makes beliefs out of answers: validity counts from the start of the request, not from its end.</summary>
internal static class Belief
{
    public static Belief<T> From<T>(CachePath path, T value, EpochStamp stamp, long startedAt, TimeSpan validFor, int weight, TimeProvider time) =>
        new(path, value, stamp, startedAt, After(startedAt, validFor, time), weight);

    /// <summary>The timestamp that lies <paramref name="duration"/> after <paramref name="start"/>; saturates at for ever.</summary>
    public static long After(long start, TimeSpan duration, TimeProvider time)
    {
        Int128 end = start + (Int128)Math.Max(0, duration.Ticks) * time.TimestampFrequency / TimeSpan.TicksPerSecond;
        return duration == TimeSpan.MaxValue || end > long.MaxValue ? long.MaxValue : (long)end;
    }
}
