using Microsoft.Extensions.Logging;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Filling;

/// <summary>
/// Brings missing pages from the under storage: the only single flight of the engine.
/// Invariants:
/// - a page is in at most one fill (the table), and leaves the table only after it is in the store or given up;
/// - so whoever finds a page neither in the table nor, afterwards and under the same lock, in the store, is the only one to
///   fetch it: one read of the under storage per page however many ask;
/// - fills run on the filler's token, not on their readers'.
/// </summary>
internal sealed partial class PageFiller : IAsyncDisposable
{
    private readonly IFillSource _source;
    private readonly IPageStore _store;
    private readonly CacheLimits _limits;
    private readonly CacheCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly FillBufferPool _pool;
    private readonly BypassAdmission _admission;
    private readonly FillRun _run;
    private readonly IFillGate? _begins;
    private readonly Lock _gate = new();
    private readonly Dictionary<PageId, Fill> _fills = [];
    private readonly HashSet<Task> _running = [];
    private readonly SequentialRuns _runs;
    private readonly CancellationTokenSource _shutdown = new();

    /// <summary>Of _shutdown, which a fill that begins in the moment of the end may find disposed of: it ends then, and frees what it was given.</summary>
    private readonly CancellationToken _stopping;
    private readonly int _pageSize;
    private int _disposed;

    public PageFiller(
        IFillSource source, IPageStore store, int pageSize, CacheLimits limits, CacheCounters counters, TimeProvider time, ILogger log, IFillGate? begins = null)
    {
        _source = source;
        _begins = begins;
        _store = store;
        _pageSize = pageSize;
        _limits = limits;
        _counters = counters;
        _time = time;
        _log = log;
        _stopping = _shutdown.Token;
        _pool = new FillBufferPool(limits.FillBufferBytes, pageSize, limits.MaxFillWaiters);
        _admission = new BypassAdmission(limits, time);
        _runs = new SequentialRuns(limits, pageSize);
        _run = new FillRun(source, store, _pool, _admission, limits, counters, time, log);
        // An eighth of the read-ahead window: eight streams in parallel hide the latency of object stores.
        ChunkPages = (int)Math.Max(1, Math.Min(limits.MaxFillBytes, limits.ReadAheadBytes / 8) / pageSize);
    }

    /// <summary>Pages that one fill joins at most; sequential fills start at multiples of it, so that readers of one file meet in the same fills.</summary>
    public int ChunkPages { get; }

    /// <summary>Bytes of buffers that fills hold now.</summary>
    public long BufferedBytes => _pool.Reserved;

    /// <summary>
    /// Reads bytes of a page that the store did not have: from a fill under way, from a new one, or past the cache.
    /// </summary>
    /// <returns>Bytes read; 0 where the page has come into the store meanwhile: read it there.</returns>
    public async ValueTask<int> ReadAsync(FileRef file, long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken)
    {
        long page = offset / _pageSize;
        bool started = false, missed = false;
        Fill? fill = TryJoin(new PageId(file.Id, page));
        if (fill is null)
        {
            // Who goes on into the next page is no random reader, however small the buffer.
            if (_admission.ShouldBypass(file, offset, _runs.GoesOn(file, offset) ? Math.Max(expected, _limits.BypassBelowBytes) : expected))
                return await BypassAsync(file, offset, destination, cancellationToken).ConfigureAwait(false);
            expected = _runs.Expect(file, offset, expected);
            // What it began may have ended already, well or not: the look under the lock below is what counts.
            bool begun = _begins is not null && await _begins.BeginAsync(file, page, expected, cancellationToken).ConfigureAwait(false);
            fill = JoinOrStart(file, page, expected, out started);
            if (fill is null)
                return 0;
            started |= begun;
            missed = true;
        }
        else if (fill.IsFirstPage)
        {
            expected = _runs.Expect(file, offset, expected);
            missed = true;
        }
        (started ? _counters.Misses : _counters.Hits).Increment();

        try
        {
            int read = await fill.ReadAsync(offset, destination, cancellationToken).ConfigureAwait(false);
            _counters.BytesFromFills.Add(read);
            // Not before the first bytes are there: eight requests at once share the line, the store and the processors with the one that a reader waits for.
            if (missed)
                ReadAhead(file, offset, expected);
            return read;
        }
        finally
        {
            fill.Leave();
        }
    }

    /// <summary>Where a fill brings the page, waits until it is in the store; false where none does or it will not be kept.</summary>
    public ValueTask<bool> IsComingAsync(FileRef file, long page, CancellationToken cancellationToken)
    {
        Fill? fill = TryJoin(new PageId(file.Id, page));
        return fill is null ? new(false) : AwaitedAsync(fill);

        async ValueTask<bool> AwaitedAsync(Fill joined)
        {
            try
            {
                return await joined.IsKeptAsync(page, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                joined.Leave();
            }
        }
    }

    /// <summary>
    /// Starts fills for what a sequential reader at <paramref name="offset"/> will need, up to the read-ahead window, as far as
    /// buffers are free. Cheap where everything is cached: a look per page of the window.
    /// </summary>
    public void ReadAhead(FileRef file, long offset, long expected)
    {
        long end = Math.Min(offset + Math.Min(expected, _limits.ReadAheadBytes), file.Length);
        // What is left of the chunk first: where a file was opened with its first page, the others of the chunk are nobody's yet.
        for (long page = offset / _pageSize + 1; page * _pageSize < end; page = (page / ChunkPages + 1) * ChunkPages)
        {
            if (_admission.IsUnkept(file.Id) || !StartAhead(file, page, end))
                return;
        }
    }

    /// <summary>Whether pages of this content could not be kept a moment ago, so that reads go past the cache.</summary>
    public bool CouldNotKeep(FileRef file) => _admission.IsUnkept(file.Id);

    /// <summary>Bytes of buffers that a fill of pages [first, end) takes.</summary>
    public long CostOf(FileRef file, long first, long end)
    {
        long cost = 0;
        for (long page = first; page < end; page++)
            cost += _pool.Cost([file.PageLength(page)]);
        return cost;
    }

    /// <summary>Whether <see cref="TryBegin"/> would find memory now.</summary>
    public bool HasPageToSpare => _pool.HasPageToSpare();

    /// <summary>
    /// Starts the fill of a file's first page with what is open already. False, and the reader stays the caller's, where the page is there or on its way, would not be kept, or
    /// no memory is free now.
    /// </summary>
    public bool TryBegin(FileRef file, IUfsReader firstPage)
    {
        if (_admission.IsUnkept(file.Id) || _shutdown.IsCancellationRequested)
            return false;
        Fill fill;
        FillMemory? memory;
        lock (_gate)
        {
            if (CountMissing(file, 0, file.PageLength(0)) == 0)
                return false;
            fill = new Fill(file, 0, 1) { IsFirstPage = true };
            memory = _pool.TryRent(fill.PageLengths());
            if (memory is null)
                return false;
            Register(fill);
        }
        _counters.Misses.Increment();
        Start(fill, memory, firstPage);
        return true;
    }

    /// <summary>Starts the fill of a page that is neither in the store nor on its way, and of its missing neighbours; false where it is.</summary>
    public bool Begin(FileRef file, long page, long expected)
    {
        JoinOrStart(file, page, expected, out bool started)?.Leave();
        return started;
    }

    /// <summary>
    /// Brings pages [first, end) of one chunk into the store, as far as one fill goes: the one that has the first page already,
    /// or a new one. Gives how many of them, from the first on, are in the store.
    /// </summary>
    public async ValueTask<int> LoadAsync(FileRef file, long first, long end)
    {
        if (_begins is not null)
            await _begins.BeginAsync(file, first, (end - first) * _pageSize, CancellationToken.None).ConfigureAwait(false);
        Fill? fill = JoinOrStart(file, first, (end - first) * _pageSize, out _);
        if (fill is null)
            return 1;
        fill.Leave();
        return await fill.CountKeptAsync(first, Math.Min(end, fill.FirstPage + fill.PageCount)).ConfigureAwait(false);
    }

    /// <summary>What runs now for the key (and below it) will not stay in the cache.</summary>
    public void Abandon(UfsIdentity identity, string key, bool recursive)
    {
        lock (_gate)
        {
            foreach (Fill fill in _fills.Values)
            {
                if (fill.File.Identity == identity && KeyPrefix.Covers(key, recursive, fill.File.Key))
                    fill.Abandoned = true;
            }
        }
    }

    /// <summary>What runs now for this version will not stay in the cache.</summary>
    public void Abandon(FileRef file)
    {
        lock (_gate)
        {
            foreach (Fill fill in _fills.Values)
            {
                if (fill.File.Equals(file))
                    fill.Abandoned = true;
            }
        }
    }

    /// <summary>Completes when the fills that run now have ended and left the table.</summary>
    public Task RunsEndedAsync()
    {
        lock (_gate)
            return Task.WhenAll(_running);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _shutdown.CancelAsync().ConfigureAwait(false);
        try
        {
            await RunsEndedAsync().WaitAsync(_limits.DrainTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A source hangs. Its fill keeps its buffers: freeing them under a read would corrupt memory, and the process ends anyway.
            LogHung(_running.Count(r => !r.IsCompleted));
            return;
        }
        _pool.Dispose();
        _shutdown.Dispose();
    }

    private Fill? TryJoin(PageId page)
    {
        lock (_gate)
            return _fills.TryGetValue(page, out Fill? fill) && fill.TryJoin() ? fill : null;
    }

    /// <summary>The fill that brings the page, joined; null where the page is in the store by now.</summary>
    private Fill? JoinOrStart(FileRef file, long page, long expected, out bool started)
    {
        Fill fill;
        started = false;
        lock (_gate)
        {
            if (TryJoin(new PageId(file.Id, page)) is { } running)
                return running;
            if (_store.Contains(file, page))
                return null;
            fill = Claim(file, page, CountMissing(file, page, Math.Min(page * _pageSize + expected, file.Length)));
            fill.TryJoin();
        }
        started = true;
        Start(fill, memory: null);
        return fill;
    }

    /// <summary>Starts fills for the missing pages of one chunk, from a page of it on. False: no buffers free, stop reading ahead.</summary>
    private bool StartAhead(FileRef file, long firstPage, long end)
    {
        long lastPage = Math.Min((firstPage / ChunkPages + 1) * ChunkPages, (end + _pageSize - 1) / _pageSize);
        for (long page = firstPage; page < lastPage; page++)
        {
            if (_store.Contains(file, page))
                continue;
            Fill fill;
            FillMemory? memory;
            lock (_gate)
            {
                int missing = CountMissing(file, page, Math.Min(lastPage * _pageSize, file.Length));
                if (missing == 0)
                    continue;
                fill = new Fill(file, page, missing);
                memory = _pool.TryRent(fill.PageLengths());
                if (memory is null)
                    return false;
                Register(fill);
            }
            Start(fill, memory);
            page += fill.PageCount - 1;
        }
        return true;
    }

    /// <summary>Pages from <paramref name="page"/> on that nobody has or fetches, at most to the end of its chunk. Under the gate.</summary>
    private int CountMissing(FileRef file, long page, long end)
    {
        long last = Math.Min((page / ChunkPages + 1) * ChunkPages, (end + _pageSize - 1) / _pageSize);
        int count = 0;
        while (page + count < last && !_fills.ContainsKey(new PageId(file.Id, page + count)) && !_store.Contains(file, page + count))
            count++;
        return count;
    }

    private Fill Claim(FileRef file, long page, int count)
    {
        // The demanded page is claimed in any case, although a fill that just ended in an error may still be in the table.
        var fill = new Fill(file, page, Math.Max(1, count));
        Register(fill);
        return fill;
    }

    private void Register(Fill fill)
    {
        for (int i = 0; i < fill.PageCount; i++)
            _fills[new PageId(fill.File.Id, fill.FirstPage + i)] = fill;
    }

    private void Start(Fill fill, FillMemory? memory, IUfsReader? opened = null)
    {
        // On the pool: the reader that starts a fill goes on at once to wait for its first bytes.
        lock (_gate)
            _running.Add(Task.Run(() => RunAsync(fill, memory, opened)));
    }

    private async Task RunAsync(Fill fill, FillMemory? memory, IUfsReader? opened)
    {
        await _run.ExecuteAsync(fill, memory, opened, Unregister, _stopping).ConfigureAwait(false);
        for (int i = 0; i < fill.PageCount; i++)
            Unregister(fill, i);
        lock (_gate)
            _running.RemoveWhere(r => r.IsCompleted);
        fill.Leave();
    }

    /// <summary>The run's page is in the store or given up: whoever wants it and does not find it there starts another fill.</summary>
    private void Unregister(Fill fill, int index)
    {
        var page = new PageId(fill.File.Id, fill.FirstPage + index);
        lock (_gate)
        {
            if (_fills.TryGetValue(page, out Fill? registered) && ReferenceEquals(registered, fill))
                _fills.Remove(page);
        }
    }

    private async ValueTask<int> BypassAsync(FileRef file, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        _counters.Bypasses.Increment();
        // The caller may be a thread that must not block (socket events), and a source may block in its open.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        int wanted = (int)Math.Min(destination.Length, file.Length - offset);
        using var patience = new CancellationTokenSource(_limits.FillProgressTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            IUfsReader reader = await _source.OpenAsync(file, offset, wanted, either.Token).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                int read = await reader.ReadAsync(destination[..wanted], either.Token).ConfigureAwait(false);
                _counters.BytesFromBypasses.Add(read);
                return read > 0 ? read : throw CacheException.Changed(file.Key);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw FillRun.SilentSource(_limits);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Count} fills hang in their under storage and are left behind")]
    private partial void LogHung(int count);
}
