namespace Orleans.Cache.Nodes;

/// <summary>
/// Notices that this process stood still (SIGSTOP, a suspended machine, a debugger) so long that others may have given it up:
/// what was written meanwhile it was not told, so nothing that it believed before may be answered afterwards.
/// </summary>
/// <remarks>
/// A timer beats; a beat that is too old proves a pause. The order matters: a pause that begins at any point of <see cref="Beat"/> or
/// <see cref="Look"/> leaves a beat from before it, because both take the time before they write it. A pause after
/// <see cref="Look"/> has returned meets a reader who asked before whatever was written during the pause had been answered.
/// A timer that is late for another reason costs a request for each path, no more.
/// </remarks>
public sealed class FreezeWatch : IDisposable
{
    /// <summary>Far below the limit, so that a beat may be late.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>A quarter of the two seconds that other nodes wait for an answer to a ping before they write without this one.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _beat;

    public FreezeWatch(TimeProvider time)
    {
        _time = time;
        _beat = time.GetTimestamp();
        _timer = time.CreateTimer(static watch => ((FreezeWatch)watch!).Beat(), this, Period, Period);
    }

    /// <summary>To be called before something is answered from memory.</summary>
    /// <param name="forget">Run, to its end and before anybody goes on, where the process stood still since the last call.</param>
    public void Look(Action forget)
    {
        if (!StoodStill())
            return;
        lock (_gate)
        {
            if (!StoodStill())
                return;
            long now = _time.GetTimestamp();
            forget();
            Volatile.Write(ref _beat, now);
        }
    }

    public void Dispose() => _timer.Dispose();

    private bool StoodStill()
    {
        long beat = Volatile.Read(ref _beat);
        return _time.GetElapsedTime(beat) > Limit;
    }

    /// <summary>A pause that nobody has looked at yet stays on record.</summary>
    private void Beat()
    {
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            if (_time.GetElapsedTime(_beat, now) <= Limit)
                Volatile.Write(ref _beat, now);
        }
    }
}
