namespace Orleans.Cache.Pages;

/// <summary>
/// Keeps a store directory, or what is cached of one under storage, below its quota: begins in the background at 95 % and stops at 90 %, so that writers seldom wait
/// and each wake-up does work worth a journal flush.
/// </summary>
/// <param name="ledger">What is used of it.</param>
/// <param name="victims">What can leave.</param>
/// <param name="freeBytes">Bytes free where the pages are, asked after the disk was full.</param>
/// <param name="time">Ends waiting for room.</param>
internal sealed class Evictor(SpaceLedger ledger, IVictims victims, Func<long> freeBytes, TimeProvider time) : IAsyncDisposable
{
    private const double High = 0.95;
    private const double Low = 0.90;

    /// <summary>A writer that gets no room for this long keeps nothing: keeping is best effort, and its reader was answered long ago.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A disk that was full is asked again after this: long enough that what filled it is no longer writing every second, short
    /// enough that nobody restarts the node for it.
    /// </summary>
    private static readonly TimeSpan GrowAfter = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private TaskCompletionSource<bool> _round = NewRound();
    private Task _loop = Task.CompletedTask;
    private long _wanted;
    private bool _running;
    private bool _stopped;
    private long _fullAt;

    /// <summary>Completes when the eviction under way, if any, has come to its end.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
                return _loop;
        }
    }

    /// <summary>Reserves bytes, waiting for eviction for a bounded time. False: no room.</summary>
    public ValueTask<bool> TryReserveAsync(long bytes, CancellationToken cancellationToken)
    {
        if (!ledger.TryReserve(bytes))
            return bytes > ledger.Capacity ? new(false) : WaitForRoomAsync(bytes, cancellationToken);
        if (ledger.Used > ledger.Capacity * High)
            _ = WakeAsync(0);
        return new(true);
    }

    /// <summary>Evicts if the directory is above its quota, as after a start with a smaller one.</summary>
    public void WakeIfFull()
    {
        if (ledger.Used > ledger.Capacity * High)
            _ = WakeAsync(0);
    }

    /// <summary>The disk is full before the quota is: what is used now is the quota, until the file system has room again.</summary>
    public void OnDiskFull()
    {
        Interlocked.Exchange(ref _fullAt, time.GetTimestamp());
        ledger.ShrinkToUsed();
        WakeIfFull();
    }

    public async ValueTask DisposeAsync()
    {
        Task loop;
        lock (_gate)
        {
            _stopped = true;
            loop = _loop;
        }
        await loop.ConfigureAwait(false);
    }

    private static TaskCompletionSource<bool> NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async ValueTask<bool> WaitForRoomAsync(long bytes, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        bool progress;
        do
        {
            try
            {
                progress = await WakeAsync(bytes).WaitAsync(MaxWait, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                progress = false;
            }
            if (ledger.TryReserve(bytes))
                return true;
        }
        while (progress && time.GetElapsedTime(started) < MaxWait);
        return false;
    }

    /// <summary>Sees to it that a batch runs. Completes after it, with whether it found a victim.</summary>
    private Task<bool> WakeAsync(long wanted)
    {
        lock (_gate)
        {
            if (_stopped)
                return Task.FromResult(false);
            _wanted = Math.Max(_wanted, wanted);
            if (!_running)
            {
                _running = true;
                _loop = Task.Run(RunAsync);
            }
            return _round.Task;
        }
    }

    private async Task RunAsync()
    {
        bool more = true;
        while (more)
        {
            bool found = HasGrown() || await victims.EvictAsync(Excess()).ConfigureAwait(false);
            TaskCompletionSource<bool> round;
            lock (_gate)
            {
                round = _round;
                _round = NewRound();
                more = found && !_stopped && Excess() > 0;
                _running = more;
                _wanted = 0;
            }
            round.SetResult(found);
        }
    }

    private bool HasGrown()
    {
        if (!ledger.IsShrunk || time.GetElapsedTime(Interlocked.Read(ref _fullAt)) < GrowAfter)
            return false;
        Interlocked.Exchange(ref _fullAt, time.GetTimestamp());
        return ledger.TryGrow(freeBytes());
    }

    /// <summary>Bytes that should leave: down to the low mark, and more where one page is larger than that margin.</summary>
    private long Excess() => ledger.Used - Math.Min((long)(ledger.Capacity * Low), ledger.Capacity - Interlocked.Read(ref _wanted));
}
