using Orleans.Cache.Identity;

namespace Orleans.Cache.Filling;

/// <summary>
/// One ranged read of the under storage on its way into the cache: a run of pages of one version, with the readers that wait
/// for its bytes.
/// Invariants:
/// - bytes [Start, Start + available) are confirmed to be the version's; available only grows;
/// - readers copy from the buffers, never from the store: what they wait for cannot be evicted under them;
/// - a page's buffer goes back when the page is in the store and nobody but the run is in here; all others when the run has
///   ended and the last reader has left, whichever is later (users counts both);
/// - who comes in later and finds a buffer gone looks into the store, and the page is in no table of fills any more: so it is
///   filled anew where it was evicted meanwhile, and nobody turns in circles;
/// - a reader that leaves cancels nothing; an error reaches every reader whose bytes had not arrived.
/// </summary>
internal sealed class Fill(FileRef file, long firstPage, int pageCount)
{
    private readonly Lock _gate = new();
    private FillMemory? _memory;
    private Action<Fill, int>? _released;
    private TaskCompletionSource? _arrival;
    private TaskCompletionSource? _settling;

    // Pages, from the first on, whose buffers went back.
    private int _spared;
    private readonly PageFate[] _fates = new PageFate[pageCount];
    private long _available;
    private Exception? _error;
    private bool _ended;
    private volatile bool _abandoned;

    // The run itself counts as one user.
    private int _users = 1;

    public FileRef File { get; } = file;

    public long FirstPage { get; } = firstPage;

    public int PageCount { get; } = pageCount;

    public long Start { get; } = firstPage * file.PageSize;

    public long Length { get; } = Math.Min((firstPage + pageCount) * file.PageSize, file.Length) - firstPage * file.PageSize;

    /// <summary>Began when the file was opened, before anybody asked for a byte: the first to come leads on from here.</summary>
    public bool IsFirstPage { get; init; }

    /// <summary>Set by a free: what this fill brings must not stay.</summary>
    public bool Abandoned
    {
        get => _abandoned;
        set => _abandoned = value;
    }

    public int[] PageLengths()
    {
        var lengths = new int[PageCount];
        for (int i = 0; i < lengths.Length; i++)
            lengths[i] = File.PageLength(FirstPage + i);
        return lengths;
    }

    /// <summary>Gives the run its memory; <paramref name="released"/> is told of pages that can be had from the store alone.</summary>
    public void Supply(FillMemory memory, Action<Fill, int> released)
    {
        _released = released;
        Volatile.Write(ref _memory, memory);
    }

    /// <summary>Whether the run has its memory.</summary>
    public bool IsSupplied => Volatile.Read(ref _memory) is not null;

    /// <summary>The buffer of the run's page <paramref name="index"/>, cut to the page's length. From the run only.</summary>
    public Memory<byte> PageBuffer(int index) => _memory!.Take(index).Memory[..File.PageLength(FirstPage + index)];

    /// <summary>A reader comes in. False: the fill has ended and its buffers may be gone; look into the store again.</summary>
    public bool TryJoin()
    {
        lock (_gate)
        {
            if (_ended)
                return false;
            _users++;
            return true;
        }
    }

    public void Leave()
    {
        FillMemory? memory = null;
        (int From, int To) spare = default;
        lock (_gate)
        {
            if (--_users == 0)
                (memory, _memory) = (_memory, null);
            else
                spare = TakeSpare();
        }
        memory?.Dispose();
        Announce(spare);
    }

    /// <summary>More confirmed bytes have arrived.</summary>
    public void Advance(int bytes)
    {
        TaskCompletionSource? progress;
        lock (_gate)
        {
            _available += bytes;
            (progress, _arrival) = (_arrival, null);
        }
        progress?.SetResult();
    }

    /// <summary>A page of the run came into the store, or will not come.</summary>
    public void Settle(int index, bool kept)
    {
        TaskCompletionSource? progress;
        (int From, int To) spare;
        lock (_gate)
        {
            _fates[index] = kept ? PageFate.Kept : PageFate.GivenUp;
            (progress, _settling) = (_settling, null);
            spare = TakeSpare();
        }
        progress?.SetResult();
        Announce(spare);
    }

    /// <summary>Waits until the page has come into the store; false where it will not.</summary>
    /// <remarks>Only between TryJoin and Leave.</remarks>
    public async ValueTask<bool> IsKeptAsync(long page, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task progress;
            lock (_gate)
            {
                PageFate fate = _fates[page - FirstPage];
                if (fate != PageFate.Open || _ended)
                    return fate == PageFate.Kept;
                progress = (_settling ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await progress.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits for pages [first, end) of the run to come into the store; gives how many of them, from the first on, did. Needs no
    /// joining: it asks for no bytes, and whoever is not in keeps no buffer.
    /// </summary>
    public async ValueTask<int> CountKeptAsync(long first, long end)
    {
        for (long page = first; page < end;)
        {
            Task progress;
            lock (_gate)
            {
                if (_fates[page - FirstPage] == PageFate.Kept)
                {
                    page++;
                    continue;
                }
                // A page is given up before the run's error is known: the end tells why.
                if (_ended)
                    return _error is null ? (int)(page - first) : throw Rethrown(_error);
                progress = (_settling ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await progress.ConfigureAwait(false);
        }
        return (int)(end - first);
    }

    /// <summary>No more bytes will arrive: readers of what has not arrived get the error, or look again where it is null.</summary>
    public void End(Exception? error)
    {
        TaskCompletionSource? arrival, settling;
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            _error = error;
            (arrival, settling) = (_arrival, _settling);
            (_arrival, _settling) = (null, null);
        }
        arrival?.SetResult();
        settling?.SetResult();
    }

    /// <summary>Copies bytes at <paramref name="offset"/> of the file as soon as one is there. 0: the fill does not have them, or no more; look again.</summary>
    /// <remarks>Only between TryJoin and Leave.</remarks>
    public async ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        long from = offset - Start;
        while (true)
        {
            Task? progress = null;
            long available;
            lock (_gate)
            {
                available = _available;
                if (from / File.PageSize < _spared)
                    return 0;
                if (available <= from)
                {
                    if (_error is not null)
                        throw Rethrown(_error);
                    if (_ended)
                        return 0;
                    progress = (_arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                }
            }
            if (progress is null)
                return Copy(from, available, destination.Span);
            await progress.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Under the gate: gives back what nobody reads here. The one user is the run as long as it has not ended; a reader who
    /// comes in after this finds the pages among the spared ones.
    /// </summary>
    private (int From, int To) TakeSpare()
    {
        int from = _spared;
        while (_users == 1 && !_ended && _spared < PageCount && _fates[_spared] == PageFate.Kept)
            _memory!.GiveBack(_spared++);
        return (from, _spared);
    }

    /// <summary>Outside the gate: the table's lock is taken before a fill's.</summary>
    private void Announce((int From, int To) spare)
    {
        for (int page = spare.From; page < spare.To; page++)
            _released!(this, page);
    }

    /// <summary>Outside the lock: confirmed bytes do not change, and the buffers stay while this reader is in.</summary>
    private int Copy(long from, long available, Span<byte> destination)
    {
        int page = (int)(from / File.PageSize);
        int inPage = (int)(from % File.PageSize);
        int count = (int)Math.Min(Math.Min(destination.Length, available - from), File.PageLength(FirstPage + page) - inPage);
        _memory![page]!.GetSpan().Slice(inPage, count).CopyTo(destination);
        return count;
    }

    /// <summary>Each reader throws an exception of its own: one object thrown on many threads mixes their stack traces.</summary>
    private static CacheException Rethrown(Exception error) =>
        error is CacheException known
            ? new CacheException(known.Error, known.Message, known)
            : new CacheException(CacheError.Unavailable, "The under storage failed; try again in a moment.", error);

    private enum PageFate : byte
    {
        Open,
        Kept,
        GivenUp,
    }
}
