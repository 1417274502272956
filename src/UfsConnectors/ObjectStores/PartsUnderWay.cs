using System.Buffers;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// The parts of one upload that are being sent: several at once, for a store keeps one stream far below what a line gives, and a part that ends alone leaves the line idle.
/// </summary>
/// <remarks>
/// Invariants: a part's buffer is not used again before its request has ended, however it ended; the bytes under way are at most those that were allowed, or one part.
/// For one caller at a time.
/// </remarks>
/// <param name="send">Sends a part, from 1 on, and gives its tag.</param>
/// <param name="maxBytes">Under way at one time.</param>
/// <param name="cancellationToken">Ends the requests.</param>
internal sealed class PartsUnderWay(Func<int, ReadOnlyMemory<byte>, CancellationToken, Task<string>> send, int maxBytes, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly Queue<(Task<string> Sending, byte[] Buffer, int Bytes)> _sending = new();
    private readonly List<string> _sent = [];
    private byte[] _next = [];
    private int _bytes;

    /// <summary>Parts that were begun.</summary>
    public int Count => _sent.Count + _sending.Count;

    /// <summary>Memory for the next part, as soon as so many bytes more may be under way. Throws what a part failed with.</summary>
    public async ValueTask<Memory<byte>> NextAsync(int bytes)
    {
        while (_sending.Count > 0 && (_sending.Peek().Sending.IsCompleted || _bytes + bytes > maxBytes))
            await EndOldestAsync().ConfigureAwait(false);
        if (_next.Length < bytes)
        {
            Return(_next);
            _next = ArrayPool<byte>.Shared.Rent(bytes);
        }
        return _next.AsMemory(0, bytes);
    }

    /// <summary>Begins the next part: so many bytes of the memory that was given last.</summary>
    public void Begin(int bytes)
    {
        byte[] buffer = _next;
        _next = [];
        _bytes += bytes;
        _sending.Enqueue((send(Count + 1, buffer.AsMemory(0, bytes), cancellationToken), buffer, bytes));
    }

    /// <summary>The tags of all parts, in order.</summary>
    public async Task<List<string>> EndAsync()
    {
        while (_sending.Count > 0)
            await EndOldestAsync().ConfigureAwait(false);
        return _sent;
    }

    /// <summary>Waits for what is being sent still: it reads its buffer. May be called twice.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_sending.TryDequeue(out (Task<string> Sending, byte[] Buffer, int Bytes) part))
        {
            await ((Task)part.Sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Return(part.Buffer);
        }
        Return(_next);
        _next = [];
    }

    private async Task EndOldestAsync()
    {
        // It stays in the queue until it has ended well: who disposes of us returns its buffer.
        (Task<string> sending, byte[] buffer, int bytes) = _sending.Peek();
        _sent.Add(await sending.ConfigureAwait(false));
        _sending.Dequeue();
        _bytes -= bytes;
        Return(_next);
        _next = buffer;
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
