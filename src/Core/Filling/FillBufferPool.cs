namespace Orleans.Cache.Filling;

/// <summary>
/// The memory of all fills, with a fixed budget.
/// Invariants:
/// - bytes lent + bytes kept for reuse never exceed the budget;
/// - a fill gets the buffers of its whole range at once or waits: two fills that each hold half would wait for ever;
/// - waiting is first come, first served, and TryRent (read-ahead) never overtakes a waiter.
/// </summary>
internal sealed class FillBufferPool(long budget, int pageSize, int maxWaiters) : IDisposable
{
    /// <summary>Small pages (the whole of a small file, the end of a large one) take a buffer of this size, so that thousands of small fills fit.</summary>
    public const int SmallBufferSize = 64 * CacheLimits.KiB;

    private readonly Lock _gate = new();
    private readonly Stack<NativeBuffer> _small = new();
    private readonly Stack<NativeBuffer> _large = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private long _lent;
    private long _kept;
    private bool _disposed;

    /// <summary>Bytes lent now.</summary>
    public long Lent
    {
        get
        {
            lock (_gate)
                return _lent;
        }
    }

    /// <summary>Bytes of budget that <paramref name="pageLengths"/> take.</summary>
    public long Cost(ReadOnlySpan<int> pageLengths)
    {
        long cost = 0;
        foreach (int length in pageLengths)
            cost += SizeFor(length);
        return cost;
    }

    /// <summary>Buffers for pages of those lengths, now or never: only while it leaves a quarter of the budget to those who cannot wait.</summary>
    public NativeBuffer[]? TryRent(ReadOnlySpan<int> pageLengths)
    {
        long cost = Cost(pageLengths);
        lock (_gate)
            return _waiters.Count == 0 && _lent + cost <= budget - budget / 4 ? Take(pageLengths, cost) : null;
    }

    /// <summary>Buffers for pages of those lengths as soon as they are free.</summary>
    /// <exception cref="CacheException">Overloaded: too many wait already.</exception>
    public async ValueTask<NativeBuffer[]> RentAsync(int[] pageLengths, CancellationToken cancellationToken)
    {
        long cost = Cost(pageLengths);
        LinkedListNode<Waiter> node;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_waiters.Count == 0 && _lent + cost <= budget)
                return Take(pageLengths, cost);
            if (_waiters.Count >= maxWaiters)
                throw new CacheException(CacheError.Overloaded, "Too many reads wait for the under storage; try again in a moment.");
            node = _waiters.AddLast(new Waiter(pageLengths, cost));
        }
        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => GiveUp(node, cancellationToken), null);
        return await node.Value.Granted.Task.ConfigureAwait(false);
    }

    public void Return(NativeBuffer[] buffers)
    {
        lock (_gate)
        {
            foreach (NativeBuffer buffer in buffers)
            {
                _lent -= buffer.Size;
                Keep(buffer);
            }
            ServeWaiters();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_small.TryPop(out NativeBuffer? buffer) || _large.TryPop(out buffer))
                Free(buffer);
        }
    }

    private int SizeFor(int pageLength) => pageLength <= SmallBufferSize ? Math.Min(SmallBufferSize, pageSize) : pageSize;

    private void GiveUp(LinkedListNode<Waiter> node, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (node.List is null)
                return;
            _waiters.Remove(node);
            node.Value.Granted.TrySetCanceled(cancellationToken);
            ServeWaiters();
        }
    }

    private void ServeWaiters()
    {
        while (_waiters.First is { } first && _lent + first.Value.Cost <= budget)
        {
            _waiters.RemoveFirst();
            first.Value.Granted.TrySetResult(Take(first.Value.PageLengths, first.Value.Cost));
        }
    }

    private NativeBuffer[] Take(ReadOnlySpan<int> pageLengths, long cost)
    {
        _lent += cost;
        var buffers = new NativeBuffer[pageLengths.Length];
        for (int i = 0; i < buffers.Length; i++)
            buffers[i] = TakeOne(SizeFor(pageLengths[i]));
        return buffers;
    }

    private NativeBuffer TakeOne(int size)
    {
        Stack<NativeBuffer> stack = StackFor(size);
        if (stack.TryPop(out NativeBuffer? buffer))
        {
            _kept -= size;
            return buffer;
        }
        // Nothing kept of this size: kept buffers of the other size make room, so that the budget holds whatever the mix.
        Stack<NativeBuffer> other = ReferenceEquals(stack, _small) ? _large : _small;
        while (_lent + _kept > budget && other.TryPop(out NativeBuffer? surplus))
        {
            _kept -= surplus.Size;
            ((IDisposable)surplus).Dispose();
        }
        return new NativeBuffer(size);
    }

    private void Keep(NativeBuffer buffer)
    {
        if (_disposed)
        {
            ((IDisposable)buffer).Dispose();
            return;
        }
        _kept += buffer.Size;
        StackFor(buffer.Size).Push(buffer);
    }

    private void Free(NativeBuffer buffer)
    {
        _kept -= buffer.Size;
        ((IDisposable)buffer).Dispose();
    }

    private Stack<NativeBuffer> StackFor(int size) => size < pageSize ? _small : _large;

    private sealed record Waiter(int[] PageLengths, long Cost)
    {
        public TaskCompletionSource<NativeBuffer[]> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
