namespace Orleans.Cache.Filling;

/// <summary>
/// The memory of all fills, with a fixed budget.
/// Invariants:
/// - buffers in use never exceed what is reserved, and buffers that exist, kept ones included, never exceed the budget;
/// - a fill reserves room for its whole range at once or waits: two fills that each hold half would wait for ever;
/// - waiting is first come, first served, and TryRent (read-ahead) never overtakes a waiter.
/// </summary>
internal sealed class FillBufferPool(long budget, int pageSize, int maxWaiters) : IDisposable
{
    /// <summary>Small pages (the whole of a small file, the end of a large one) take a buffer of this size, so that thousands of small fills fit.</summary>
    public const int SmallBufferSize = 64 * CacheLimits.KiB;

    private readonly Lock _gate = new();

    // Stacks: the buffer that was used last is the one that the processor's caches still hold.
    private readonly Stack<NativeBuffer> _small = new();
    private readonly Stack<NativeBuffer> _large = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private long _reserved;
    private long _existing;
    private bool _disposed;

    /// <summary>Bytes reserved now.</summary>
    public long Reserved
    {
        get
        {
            lock (_gate)
                return _reserved;
        }
    }

    /// <summary>Bytes of buffers in use and kept.</summary>
    public long Existing
    {
        get
        {
            lock (_gate)
                return _existing;
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

    /// <summary>Room for pages of those lengths, now or never: only while it leaves a quarter of the budget to those who cannot wait.</summary>
    public FillMemory? TryRent(int[] pageLengths)
    {
        long cost = Cost(pageLengths);
        lock (_gate)
            return HasRoomToSpare(cost) ? Reserve(pageLengths, cost) : null;
    }

    /// <summary>Whether <see cref="TryRent"/> would give a page now.</summary>
    public bool HasPageToSpare()
    {
        lock (_gate)
            return HasRoomToSpare(pageSize);
    }

    /// <summary>Room for pages of those lengths as soon as it is free.</summary>
    /// <exception cref="CacheException">Overloaded: too many wait already.</exception>
    public async ValueTask<FillMemory> RentAsync(int[] pageLengths, CancellationToken cancellationToken)
    {
        long cost = Cost(pageLengths);
        LinkedListNode<Waiter> node;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_waiters.Count == 0 && _reserved + cost <= budget)
                return Reserve(pageLengths, cost);
            if (_waiters.Count >= maxWaiters)
                throw new CacheException(CacheError.Overloaded, "Too many reads wait for the under storage; try again in a moment.");
            node = _waiters.AddLast(new Waiter(pageLengths, cost));
        }
        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => GiveUp(node, cancellationToken), null);
        return await node.Value.Granted.Task.ConfigureAwait(false);
    }

    /// <summary>A buffer for a page, within a reservation of the caller's.</summary>
    public NativeBuffer Take(int pageLength)
    {
        int size = SizeFor(pageLength);
        lock (_gate)
        {
            Stack<NativeBuffer> stack = StackFor(size);
            if (stack.TryPop(out NativeBuffer? buffer))
                return buffer;
            // Nothing kept of this size: kept buffers of the other size make room, so that the budget holds whatever the mix.
            Stack<NativeBuffer> other = ReferenceEquals(stack, _small) ? _large : _small;
            while (_existing + size > budget && other.TryPop(out NativeBuffer? surplus))
                Free(surplus);
            _existing += size;
            return new NativeBuffer(size);
        }
    }

    public void Return(NativeBuffer buffer)
    {
        lock (_gate)
        {
            if (_disposed)
                Free(buffer);
            else
                StackFor(buffer.Size).Push(buffer);
        }
    }

    /// <summary>Ends a reservation whose buffers are back.</summary>
    public void Release(long cost)
    {
        lock (_gate)
        {
            _reserved -= cost;
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

    private bool HasRoomToSpare(long cost) => _waiters.Count == 0 && _reserved + cost <= budget - budget / 4;

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
        while (_waiters.First is { } first && _reserved + first.Value.Cost <= budget)
        {
            _waiters.RemoveFirst();
            first.Value.Granted.TrySetResult(Reserve(first.Value.PageLengths, first.Value.Cost));
        }
    }

    private FillMemory Reserve(int[] pageLengths, long cost)
    {
        _reserved += cost;
        return new FillMemory(this, pageLengths, cost);
    }

    private void Free(NativeBuffer buffer)
    {
        _existing -= buffer.Size;
        ((IDisposable)buffer).Dispose();
    }

    private Stack<NativeBuffer> StackFor(int size) => size < pageSize ? _small : _large;

    private sealed record Waiter(int[] PageLengths, long Cost)
    {
        public TaskCompletionSource<FillMemory> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
