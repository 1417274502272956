namespace Orleans.Cache.Telemetry;

/// <summary>A counter that metrics, REST and tests all read: one number everywhere.</summary>
public sealed class Tally
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Add(long amount) => Interlocked.Add(ref _value, amount);

    public void Increment() => Interlocked.Increment(ref _value);
}
