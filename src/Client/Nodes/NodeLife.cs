using Orleans.Cache.Ring;

namespace Orleans.Cache.Client.Nodes;

/// <summary>
/// Whether a node answers. Only a ping says so: a request that fails or stalls causes one, and its outcome decides for all
/// requests to the node.
/// </summary>
/// <remarks>
/// Invariants: at most one ping is under way. While the node is down its token is cancelled, so whatever waits for it ends at once and
/// goes elsewhere; each time it comes up it has a new token. A node that is down is pinged again by whoever asks for it, once a period.
/// </remarks>
internal sealed class NodeLife(RingMember member, PeerTransport transport, Func<PingMessage, string?> objection) : IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _down = new();
    private Task<bool>? _ping;
    private long _pingedAt;
    private volatile bool _isDown;
    private volatile bool _isSilent;
    private int _doubts;

    /// <summary>Why the node is not used; null while it is.</summary>
    public string? Reason { get; private set; }

    /// <summary>Whether requests may go to it. One that is down is pinged in the background when it was not lately.</summary>
    public bool IsUp
    {
        get
        {
            if (_isDown && transport.Time.GetElapsedTime(Volatile.Read(ref _pingedAt)) >= transport.Limits.PingPeriod)
                _ = PingAsync();
            return !_isDown;
        }
    }

    /// <summary>Cancelled when the node goes down.</summary>
    public CancellationToken Token
    {
        get
        {
            lock (_gate)
                return _down.Token;
        }
    }

    /// <summary>Called when it comes up after it was down, before anybody is sent there; failing keeps it down.</summary>
    public Func<Task>? ComingUp { get; set; }

    /// <summary>Asks the node; joins a ping under way.</summary>
    public Task<bool> PingAsync()
    {
        lock (_gate)
            return _ping ??= Task.Run(PingOnceAsync);
    }

    /// <summary>Takes the node for down until a ping, and <see cref="ComingUp"/>, say otherwise: it missed something that it must be told.</summary>
    public void Doubt()
    {
        Interlocked.Increment(ref _doubts);
        Set("it missed an invalidation", Volatile.Read(ref _doubts));
    }

    /// <summary>
    /// A doubt that waits until the node, where it answers, has been told: one that is back, which we do not know yet, may have been asked already. A ping under way may have
    /// begun before the doubt, so there may be two. Not where the last one met silence: a host that is gone would keep every writer waiting.
    /// </summary>
    public async Task DoubtAndTellAsync()
    {
        Doubt();
        for (int pings = 0; pings < 2 && _isDown && !_isSilent; pings++)
            await PingAsync().ConfigureAwait(false);
    }

    public void Dispose() => _down.Dispose();

    private async Task<bool> PingOnceAsync()
    {
        int doubts = Volatile.Read(ref _doubts);
        string? reason = await TryPingAsync().ConfigureAwait(false);
        if (reason is null && _isDown && ComingUp is { } prepare)
        {
            try
            {
                await prepare().ConfigureAwait(false);
            }
            catch (CacheException e)
            {
                reason = e.Message;
            }
        }
        Set(reason, doubts);
        lock (_gate)
        {
            _ping = null;
            return !_isDown;
        }
    }

    /// <summary>A ping that began before a doubt came up does not clear it: it has told the node nothing.</summary>
    private void Set(string? reason, int doubts)
    {
        CancellationTokenSource? ended = null;
        lock (_gate)
        {
            if (reason is null && doubts != _doubts)
                return;
            Volatile.Write(ref _pingedAt, transport.Time.GetTimestamp());
            Reason = reason;
            bool isDown = reason is not null;
            if (isDown && !_isDown)
                ended = _down;
            else if (!isDown && _isDown)
                _down = new CancellationTokenSource();
            _isDown = isDown;
        }
        // Outside of the lock: whatever waits for the node goes on here.
        ended?.Cancel();
    }

    private async Task<string?> TryPingAsync()
    {
        PingAnswer answer = await PingAnswer.AskAsync(member.Address, transport).ConfigureAwait(false);
        _isSilent = answer.IsSilence;
        return answer.Message is { } ping ? objection(ping) : answer.Failure;
    }
}
