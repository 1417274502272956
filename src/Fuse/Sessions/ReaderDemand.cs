namespace Orleans.Cache.Fuse.Sessions;

/// <summary>
/// How many readers wait for requests. Where requests mostly come one after the other, one does: the kernel would wake two in turn, and each time it is another processor
/// that has to wake, and another cache that is cold (a sequential reader gets an eighth less). When nearly every request has waited for another, the readers that rest come back.
/// </summary>
/// <remarks>
/// Invariants: the first reader never rests, so that somebody waits in the kernel; after <see cref="End"/> nobody rests. Counters are changed without a lock, and a lost count
/// is one of many: what is decided by them is how fast, never whether.
/// </remarks>
internal sealed class ReaderDemand : IDisposable
{
    /// <summary>Requests by which it is decided whether a reader rests: a few ms of them, so that pauses between two bursts do not count.</summary>
    private const int Looked = 64;

    /// <summary>Requests by which it is decided whether one comes back, and how many of them must have kept another waiting: a read-ahead that comes while one is served is no crowd.</summary>
    private const int Window = 16, Crowded = 14;

    /// <summary>Readers are threads of their own, which wait in the kernel here as they do for requests.</summary>
    private readonly Semaphore _wake = new(0, int.MaxValue);
    private int _serving;
    private int _begun, _met;
    private int _served, _keptWaiting;
    private int _resting;
    private volatile bool _isCalm;
    private volatile bool _ended;

    /// <summary>Readers that rest.</summary>
    public int Resting => Volatile.Read(ref _resting);

    /// <summary>A reader has received a request and serves it.</summary>
    public void Begin()
    {
        if (Interlocked.Increment(ref _serving) > 1)
            Interlocked.Increment(ref _met);
        if (Interlocked.Increment(ref _begun) < Looked)
            return;
        _isCalm = Interlocked.Exchange(ref _met, 0) < Looked / 2;
        Volatile.Write(ref _begun, 0);
    }

    /// <summary>It has served it, or handed it on.</summary>
    /// <param name="isNextWaiting">Asked only while somebody rests.</param>
    public void Served(Func<bool> isNextWaiting)
    {
        Interlocked.Decrement(ref _serving);
        if (Volatile.Read(ref _resting) == 0)
            return;
        if (isNextWaiting())
            Interlocked.Increment(ref _keptWaiting);
        if (Interlocked.Increment(ref _served) < Window)
            return;
        bool isCrowded = Interlocked.Exchange(ref _keptWaiting, 0) >= Crowded;
        Volatile.Write(ref _served, 0);
        if (isCrowded)
            Wake();
    }

    /// <summary>Rests, where requests come one after the other, until they do not. For all readers but the first.</summary>
    public void RestIfCalm()
    {
        if (_ended || !_isCalm)
            return;
        Interlocked.Increment(ref _resting);
        // Looked at again after it can be seen that we rest: whoever ends now either finds us, or is found.
        if (!_ended)
            _wake.WaitOne();
    }

    /// <summary>A request waits, or a reader does not come back.</summary>
    public void Wake()
    {
        _isCalm = false;
        for (int resting = Resting; resting > 0; resting = Resting)
        {
            if (Interlocked.CompareExchange(ref _resting, resting - 1, resting) != resting)
                continue;
            _wake.Release();
            return;
        }
    }

    /// <summary>The kernel is gone: all readers come back to see it.</summary>
    public void End()
    {
        _ended = true;
        // Whoever counts itself as resting from here on sees that; whoever did before is seen here.
        Interlocked.MemoryBarrier();
        while (Resting > 0)
            Wake();
    }

    public void Dispose() => _wake.Dispose();
}
