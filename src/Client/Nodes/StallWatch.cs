namespace Orleans.Cache.Client.Nodes;

/// <summary>
/// Watches one request: when nothing came for the patience, its node is pinged; when that fails, the node is down and the token
/// cancelled. A source behind a healthy node may take as long as it likes.
/// </summary>
internal sealed class StallWatch : IDisposable
{
    private readonly NodeLife _life;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _ends;
    private readonly ITimer _timer;
    private long _progress;
    private long _seen;

    public StallWatch(NodeLife life, PeerTransport transport, CancellationToken caller)
    {
        _life = life;
        _caller = caller;
        _ends = CancellationTokenSource.CreateLinkedTokenSource(caller, life.Token);
        TimeSpan patience = transport.Limits.Patience;
        _timer = transport.Time.CreateTimer(static watch => ((StallWatch)watch!).Look(), this, patience, patience);
    }

    /// <summary>Cancelled when the caller gives up or the node is down.</summary>
    public CancellationToken Token => _ends.Token;

    public void Progressed() => Volatile.Write(ref _progress, _progress + 1);

    /// <summary>What a failure of the request means: the caller's own cancellation, or a node that cannot be reached.</summary>
    public Exception Translate(Exception failure, string node)
    {
        if (_caller.IsCancellationRequested)
            return failure is OperationCanceledException ? failure : new OperationCanceledException(failure.Message, failure, _caller);
        _ = _life.PingAsync();
        return new CacheException(CacheError.NodeUnreachable, $"Node '{node}' does not answer ({_life.Reason ?? failure.Message}).", failure);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _ends.Dispose();
    }

    /// <summary>The ping cancels the node's token, and with it ours, where it fails.</summary>
    private void Look()
    {
        long progress = Volatile.Read(ref _progress);
        if (progress == _seen)
            _ = _life.PingAsync();
        _seen = progress;
    }
}
