namespace Orleans.Cache.Fuse.Sessions;

/// <summary>Requests that are not in use, so that receiving one allocates nothing. Few are kept, and of them only few with large buffers.</summary>
internal sealed class RequestPool(FuseSession session) : IDisposable
{
    /// <summary>More than readers and handlers of a busy mount have under way at the same time.</summary>
    private const int MaxIdle = 64;

    /// <summary>Megabytes that idle requests may hold for answers.</summary>
    private const long MaxIdleBytes = 32L * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Stack<FuseRequest> _idle = new(MaxIdle);
    private long _idleBytes;
    private bool _disposed;

    public FuseRequest Rent()
    {
        lock (_gate)
        {
            if (_idle.TryPop(out FuseRequest? request))
            {
                _idleBytes -= request.AnswerCapacity;
                return request;
            }
        }
        return new FuseRequest(session);
    }

    public void Return(FuseRequest request)
    {
        request.Reset();
        lock (_gate)
        {
            if (!_disposed && _idle.Count < MaxIdle && _idleBytes + request.AnswerCapacity <= MaxIdleBytes)
            {
                _idleBytes += request.AnswerCapacity;
                _idle.Push(request);
                return;
            }
        }
        request.Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_idle.TryPop(out FuseRequest? request))
                request.Dispose();
        }
    }
}
