using Orleans.Cache.Client.Telemetry;

namespace Orleans.Cache.Client.Reading;

/// <summary>The memory that all streams of a client may hold for read-ahead. A stream that gets none reads without it.</summary>
internal sealed class BufferBudget(long bytes)
{
    private long _left = bytes;

    public bool TryTake(int count)
    {
        if (Interlocked.Add(ref _left, -count) >= 0)
        {
            ClientTelemetry.Buffers.Add(count);
            return true;
        }
        Interlocked.Add(ref _left, count);
        return false;
    }

    public void Return(int count)
    {
        ClientTelemetry.Buffers.Add(-count);
        Interlocked.Add(ref _left, count);
    }
}
