using Orleans.Cache.Fuse.Protocol;

namespace Orleans.Cache.Fuse.Sessions;

/// <summary>What a session has answered.</summary>
public sealed class FuseCounters
{
    private readonly long[] _requests = new long[64];
    private long _bytesRead;
    private long _failures;
    private long _timedOut;

    /// <summary>Bytes of file data that were answered.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>Requests answered with an error number.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Of these, for the deadline.</summary>
    public long TimedOut => Volatile.Read(ref _timedOut);

    /// <summary>Requests answered, of one kind.</summary>
    public long Of(Opcode opcode) => (uint)opcode < (uint)_requests.Length ? Volatile.Read(ref _requests[(int)opcode]) : 0;

    internal void Count(Opcode opcode, int errno, int bytes)
    {
        if ((uint)opcode < (uint)_requests.Length)
            Interlocked.Increment(ref _requests[(int)opcode]);
        if (errno == 0 && opcode == Opcode.Read)
            Interlocked.Add(ref _bytesRead, bytes);
        if (errno != 0)
            Interlocked.Increment(ref _failures);
        if (errno == Errno.TimedOut)
            Interlocked.Increment(ref _timedOut);
    }
}
