using Orleans.Cache.Identity;

namespace Orleans.Cache.Telemetry;

/// <summary>A file that is opened often.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Opens">About how often it was opened in the last minutes; recent ones count more.</param>
public readonly record struct HotFile(CachePath Path, long Opens);

/// <summary>
/// Which files are opened most just now, in bounded memory: the Space-Saving sketch (Metwally, Agrawal, El Abbadi 2005). A path
/// that finds no counter takes over the smallest one with its count, so that no frequent file is missed and rare ones are
/// overestimated by at most the smallest count.
/// </summary>
/// <remarks>
/// Cost: one open in 16 is looked at, and that one only if nobody else is in here; all others pay for one counter of their thread.
/// Counts are halved every minute: what was hot an hour ago is not.
/// </remarks>
public sealed class HotFiles(TimeProvider time)
{
    /// <summary>Opens of which one is looked at: a power of two.</summary>
    private const int SampleEvery = 16;

    /// <summary>Counters: ten times as many as a screen shows, so that the top of it is exact enough.</summary>
    private const int Capacity = 256;

    private static readonly TimeSpan HalveEvery = TimeSpan.FromMinutes(1);

    [ThreadStatic]
    private static int _opens;

    private readonly Lock _gate = new();
    private readonly Dictionary<CachePath, long> _counts = new(Capacity);
    private long _halvedAt = time.GetTimestamp();

    /// <summary>A file is opened. Never waits.</summary>
    public void Opened(CachePath path)
    {
        if ((++_opens & (SampleEvery - 1)) == 0)
            Sample(path);
    }

    /// <summary>The files opened most, the hottest first.</summary>
    public IReadOnlyList<HotFile> Top(int limit)
    {
        lock (_gate)
        {
            HalveIfDue();
            return [.. _counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Take(limit).Select(c => new HotFile(c.Key, c.Value * SampleEvery))];
        }
    }

    /// <summary>Counts one open in full.</summary>
    internal void Sample(CachePath path)
    {
        if (!_gate.TryEnter())
            return;
        try
        {
            HalveIfDue();
            long count = _counts.GetValueOrDefault(path);
            if (count == 0 && _counts.Count == Capacity)
                count = TakeSmallest();
            _counts[path] = count + 1;
        }
        finally
        {
            _gate.Exit();
        }
    }

    private long TakeSmallest()
    {
        CachePath smallest = default;
        long count = long.MaxValue;
        foreach ((CachePath path, long value) in _counts)
        {
            if (value >= count)
                continue;
            (smallest, count) = (path, value);
        }
        _counts.Remove(smallest);
        return count;
    }

    private void HalveIfDue()
    {
        long periods = (long)(time.GetElapsedTime(_halvedAt) / HalveEvery);
        if (periods == 0)
            return;
        _halvedAt += periods * (long)(HalveEvery.TotalSeconds * time.TimestampFrequency);
        foreach ((CachePath path, long value) in _counts.ToArray())
        {
            long left = periods < 63 ? value >> (int)periods : 0;
            if (left == 0)
                _counts.Remove(path);
            else
                _counts[path] = left;
        }
    }
}
