namespace Orleans.Cache.Filling;

/// <summary>
/// Lets in work as long as all that is in stays within a number of bytes; first come, first served. What is larger than the
/// whole budget comes in alone.
/// </summary>
internal sealed class ByteGate(long budget)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Entered)> _waiting = new();
    private long _inside;

    /// <summary>Waits for room. Whoever came in gives the same number back by <see cref="Leave"/>.</summary>
    public async ValueTask EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<(long Bytes, TaskCompletionSource Entered)> node;
        lock (_gate)
        {
            if (_waiting.Count == 0 && HasRoom(bytes))
            {
                _inside += bytes;
                return;
            }
            node = _waiting.AddLast((bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => GiveUp(node, cancellationToken), null);
        await node.Value.Entered.Task.ConfigureAwait(false);
    }

    public void Leave(long bytes)
    {
        lock (_gate)
        {
            _inside -= bytes;
            Admit();
        }
    }

    private void GiveUp(LinkedListNode<(long Bytes, TaskCompletionSource Entered)> node, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (node.List is null)
                return;
            _waiting.Remove(node);
            node.Value.Entered.TrySetCanceled(cancellationToken);
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.First is { } first && HasRoom(first.Value.Bytes))
        {
            _waiting.RemoveFirst();
            _inside += first.Value.Bytes;
            first.Value.Entered.TrySetResult();
        }
    }

    private bool HasRoom(long bytes) => _inside == 0 || _inside + bytes <= budget;
}
