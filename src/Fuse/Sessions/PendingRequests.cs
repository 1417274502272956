namespace Orleans.Cache.Fuse.Sessions;

/// <summary>Requests whose handlers complete later: found by interrupts and by the deadline. A lock for a dictionary operation each.</summary>
internal sealed class PendingRequests
{
    /// <summary>Interrupts that are remembered for requests that are not listed yet: more than readers can be about to list.</summary>
    private const int MaxEarly = 128;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, FuseRequest> _byId = [];

    /// <summary>
    /// Interrupts of requests that are not here. The kernel sends one only when the request has been read, so that was answered at once, and its id never
    /// comes again; or another reader is about to list it. The protocol's own way, to answer EAGAIN and be told again, fails then: the kernel looks for the
    /// request among those of the descriptor on which that answer comes.
    /// </summary>
    private readonly Queue<ulong> _early = new(MaxEarly);
    private TaskCompletionSource? _drained;

    public int Count
    {
        get
        {
            lock (_gate)
                return _byId.Count;
        }
    }

    public void Add(FuseRequest request)
    {
        lock (_gate)
        {
            _byId.Add(request.Id.Value, request);
            if (_early.Contains(request.Id.Value))
                _ = request.Cancellation.CancelAsync();
        }
    }

    public void Remove(FuseRequest request)
    {
        lock (_gate)
        {
            _byId.Remove(request.Id.Value);
            if (_byId.Count == 0)
                _drained?.TrySetResult();
        }
    }

    /// <summary>Makes a handler give up, now or as soon as it is here; its end answers.</summary>
    public void Interrupt(RequestId id)
    {
        lock (_gate)
        {
            // Begun under the lock, so that it cannot meet the next request; callbacks run on the pool.
            if (_byId.TryGetValue(id.Value, out FuseRequest? request))
            {
                _ = request.Cancellation.CancelAsync();
                return;
            }
            if (_early.Count == MaxEarly)
                _early.Dequeue();
            _early.Enqueue(id.Value);
        }
    }

    /// <summary>Answers all that came before a moment, and makes their handlers give up. Gives how many.</summary>
    public int TimeOut(long receivedBefore)
    {
        int late = 0;
        lock (_gate)
        {
            foreach (FuseRequest request in _byId.Values)
            {
                if (request.ReceivedAt >= receivedBefore || !request.TryFail(request.Id.Value, Errno.TimedOut))
                    continue;
                late++;
                _ = request.Cancellation.CancelAsync();
            }
        }
        return late;
    }

    /// <summary>Makes all handlers give up; completes when the last has.</summary>
    public Task EndAsync()
    {
        lock (_gate)
        {
            foreach (FuseRequest request in _byId.Values)
                _ = request.Cancellation.CancelAsync();
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_byId.Count == 0)
                _drained.TrySetResult();
            return _drained.Task;
        }
    }
}
