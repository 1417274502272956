using System.Buffers;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// The parts of one upload that are being sent: several at once, for a store keeps one stream far below what a line gives, and a part that ends alone leaves the line idle.
/// </summary>
/// <remarks>
/// Invariants: a part's buffer is not used again before its request has ended, however it ended; the bytes under way are at most those that were allowed, or one part. Where
/// the store is busy, a part begins when the one before it has ended, as if there were one at a time.
/// For one caller at a time.
/// </remarks>
/// <param name="send">Sends a part, from 1 on, and gives its tag; told how many bytes are under way with it, which share the line.</param>
/// <param name="maxBytes">Under way at one time.</param>
/// <param name="mayBeginMore">Whether another part may begin beside one that is under way.</param>
/// <param name="cancellationToken">Ends the requests.</param>
internal sealed class PartsUnderWay(
    Func<int, ReadOnlyMemory<byte>, int, CancellationToken, Task<string>> send, int maxBytes, Func<bool> mayBeginMore, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly CancellationTokenSource _givenUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly Queue<(Task<string> Sending, byte[] Buffer, int Bytes)> _sending = new();
    private readonly List<string> _sent = [];
    private byte[] _next = [];
    private byte[] _spare = [];
    private int _bytes;

    /// <summary>Parts that were begun.</summary>
    public int Count => _sent.Count + _sending.Count;

    /// <summary>Memory for the next part, which may be read while one is sent, and while more are where it could begin at once. Throws what a part failed with.</summary>
    public async ValueTask<Memory<byte>> NextAsync(int bytes)
    {
        foreach ((Task<string> sending, _, _) in _sending)
        {
            // Also one whose turn to be waited for has not come: nothing more is read for an upload that has failed.
            if (sending.IsFaulted)
                await sending.ConfigureAwait(false);
        }
        while (_sending.Count > 1 && !MayBegin(bytes))
            await EndOldestAsync().ConfigureAwait(false);
        (_next, _spare) = (_spare, []);
        if (_next.Length < bytes)
        {
            Return(_next);
            _next = ArrayPool<byte>.Shared.Rent(bytes);
        }
        return _next.AsMemory(0, bytes);
    }

    /// <summary>Begins the next part, so many bytes of the memory that was given last, as soon as it may.</summary>
    public async ValueTask BeginAsync(int bytes)
    {
        while (_sending.Count > 0 && !MayBegin(bytes))
            await EndOldestAsync().ConfigureAwait(false);
        byte[] buffer = _next;
        _next = [];
        _bytes += bytes;
        _sending.Enqueue((send(Count + 1, buffer.AsMemory(0, bytes), _bytes, _givenUp.Token), buffer, bytes));
    }

    /// <summary>The tags of all parts, in order.</summary>
    public async Task<List<string>> EndAsync()
    {
        while (_sending.Count > 0)
            await EndOldestAsync().ConfigureAwait(false);
        return _sent;
    }

    /// <summary>Gives up what is being sent still, and waits for it: it reads its buffer. May be called twice.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_sending.Count > 0)
            await _givenUp.CancelAsync().ConfigureAwait(false);
        while (_sending.TryDequeue(out (Task<string> Sending, byte[] Buffer, int Bytes) part))
        {
            await ((Task)part.Sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Return(part.Buffer);
        }
        Return(_next);
        Return(_spare);
        (_next, _spare) = ([], []);
        _givenUp.Dispose();
    }

    private async Task EndOldestAsync()
    {
        // It stays in the queue until it has ended well: who disposes of us returns its buffer.
        (Task<string> sending, byte[] buffer, int bytes) = _sending.Peek();
        _sent.Add(await sending.ConfigureAwait(false));
        _sending.Dequeue();
        _bytes -= bytes;
        Return(_spare);
        _spare = buffer;
    }

    /// <summary>Beside one that is under way. Those that have ended and were not waited for yet count, too: the next wait is for them.</summary>
    private bool MayBegin(int bytes) => !_sending.Peek().Sending.IsCompleted && _bytes + bytes <= maxBytes && mayBeginMore();

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
