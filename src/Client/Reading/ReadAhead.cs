using Orleans.Cache.Client.Telemetry;
using Orleans.Cache.Files;

namespace Orleans.Cache.Client.Reading;

/// <summary>
/// Reads a file at positions, ahead of a reader that goes on where it stopped. Who jumps gets just what it asks for, straight into its
/// memory; who reads on gets a window twice what it has read in order, up to a bound, as pieces that are asked for at the same time,
/// of one owner or several. For one caller at a time.
/// </summary>
/// <remarks>
/// Invariants: the pieces follow each other without gaps, and the first one holds the reader's position or begins there. A piece whose
/// reading failed is not reported: the read that needs its bytes asks again itself, so errors are those of now. Once it is closed, only
/// who closed it touches the pieces: a read that was waiting for one of them finds it closed first.
/// </remarks>
internal sealed class ReadAhead(CacheFile file, CacheClientOptions options, BufferBudget budget) : IAsyncDisposable
{
    /// <summary>The first window: about what a request costs, so that guessing wrong at most doubles it.</summary>
    private const int MinWindow = 256 * CacheLimits.KiB;

    /// <summary>The smallest piece, half the smallest window.</summary>
    private const int MinPiece = 128 * CacheLimits.KiB;

    private readonly Queue<Piece> _pieces = new();
    private CancellationTokenSource _wanted = new();
    private Task _left = Task.CompletedTask;
    private long _next;
    private long _end;
    private long _run;
    private volatile bool _isClosed;

    public CacheFile File { get; } = file;

    /// <summary>Reads at least one byte at a position below the file's end, into memory that is not empty.</summary>
    public async ValueTask<int> ReadAsync(long position, Memory<byte> destination, CancellationToken cancellationToken)
    {
        Arrive(position);
        bool goesOn = _run > 0;
        // Who asks for more than a window at once gets it straight into its memory.
        if (goesOn && (_pieces.Count > 0 || destination.Length < options.ReadAheadBytes))
            Extend(position);
        int read = _pieces.Count > 0 ? await TakeAsync(position, destination, cancellationToken).ConfigureAwait(false) : 0;
        if (read == 0)
        {
            read = (int)Math.Min(destination.Length, File.Ref.Length - position);
            await FileRanges.FillInParallelAsync(File, position, destination[..read], options.RangesInFlight, cancellationToken).ConfigureAwait(false);
        }
        _run += read;
        _next = position + read;
        // The reader is busy with these bytes now; meanwhile others come.
        if (goesOn && _pieces.Count > 0)
            Extend(_next);
        return read;
    }

    /// <summary>Gives up what is under way, and waits until its memory is free.</summary>
    public async ValueTask DisposeAsync()
    {
        Close();
        await _left.ConfigureAwait(false);
        _wanted.Dispose();
    }

    /// <summary>Stops what is under way without waiting for it. Nothing is read any more.</summary>
    public void Close()
    {
        _isClosed = true;
        Abandon();
    }

    private void Abandon()
    {
        if (_pieces.Count == 0)
            return;
        CancellationTokenSource wanted = _wanted;
        _wanted = new CancellationTokenSource();
        _ = wanted.CancelAsync();
        while (_pieces.Count > 0)
            Release(_pieces.Dequeue(), unused: true);
    }

    /// <summary>Lets go of pieces that do not serve a reader at this position. A short way forward, into what was read ahead, is still reading on.</summary>
    private void Arrive(long position)
    {
        bool isWithin = _pieces.TryPeek(out Piece? first) && position >= first.Offset && position < _end;
        if (!isWithin)
        {
            Abandon();
            if (position != _next)
                _run = 0;
            return;
        }
        while (_pieces.Peek().End <= position)
            Release(_pieces.Dequeue(), unused: false);
    }

    /// <summary>Asks for further pieces, as many as the window holds.</summary>
    private void Extend(long position)
    {
        long window = Math.Min(Math.Max(2 * _run, MinWindow), options.ReadAheadBytes);
        long target = Math.Min(position + window, File.Ref.Length);
        // A quarter, say: the reader takes one piece while the others come.
        long size = Math.Max(window / options.RangesInFlight, Math.Min(MinPiece, window));
        if (_pieces.Count == 0)
            _end = position;
        while (_end < target && (_end + size <= target || target == File.Ref.Length))
        {
            int length = (int)Math.Min(size, ToStripeEnd(_end));
            if (Piece.TryStart(File, _end, length, budget, _wanted.Token) is not { } piece)
                return;
            _pieces.Enqueue(piece);
            _end = piece.End;
        }
    }

    /// <summary>Pieces end where stripes do: each has one owner.</summary>
    private long ToStripeEnd(long offset) => Math.Min(File.Ref.Length, (offset / CacheFile.StripeBytes + 1) * CacheFile.StripeBytes) - offset;

    /// <summary>Bytes of the first piece, and of those after it that are there already; 0 where its reading failed.</summary>
    private async ValueTask<int> TakeAsync(long position, Memory<byte> destination, CancellationToken cancellationToken)
    {
        Task filling = _pieces.Peek().Filling;
        if (!filling.IsCompleted)
            await filling.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ObjectDisposedException.ThrowIf(_isClosed, typeof(CacheReadStream));
        cancellationToken.ThrowIfCancellationRequested();
        if (!filling.IsCompletedSuccessfully)
        {
            Abandon();
            return 0;
        }
        int taken = 0;
        while (taken < destination.Length && _pieces.TryPeek(out Piece? piece) && piece.Filling.IsCompletedSuccessfully)
        {
            taken += piece.CopyTo(position + taken, destination[taken..]);
            if (piece.End == position + taken)
                Release(_pieces.Dequeue(), unused: false);
        }
        return taken;
    }

    private void Release(Piece piece, bool unused)
    {
        if (unused)
            ClientTelemetry.UnusedBytes.Add(piece.Length);
        Task released = piece.ReleaseAsync();
        if (!released.IsCompleted)
            _left = Task.WhenAll(_left, released);
    }
}
