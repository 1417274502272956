using Microsoft.Extensions.Logging;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Loading;

/// <summary>
/// Loads everything below one path: walks the tree and loads its files, many at a time, until the tree ends, somebody stops it,
/// or it makes no sense to go on. A file that fails is counted, and the job goes on.
/// Invariant: a state in which the job has ended is final, and nothing of the job is under way any more.
/// </summary>
internal sealed partial class LoadJob(
    CachePath path, CacheFileSystem files, Func<Task<StoreRoom>> room, CacheLimits limits, TimeProvider time, ILogger log) : IDisposable
{
    private readonly LoadTally _tally = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _slots = new(limits.LoadFilesInFlight);
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();
    private StoreRoom _roomBefore;
    private long _elapsed = -1;
    private volatile LoadState _state;
    private volatile bool _gaveUp;

    /// <summary>Somebody stops it. The token says less: a job that ends by itself cancels it, too.</summary>
    private volatile bool _wasStopped;

    public CachePath Path { get; } = path;

    /// <summary>Runs and has not been told to stop.</summary>
    public bool IsActive => !Progress.HasEnded && !_stopping.IsCancellationRequested;

    public LoadProgress Progress
    {
        get
        {
            // The state first: what has ended counts nothing any more.
            LoadState state = _state;
            long elapsed = Interlocked.Read(ref _elapsed);
            return new LoadProgress
            {
                Path = Path,
                State = state is LoadState.Running or LoadState.Verifying && _wasStopped && !_gaveUp ? LoadState.Stopped : state,
                StartedAt = _startedAt,
                Elapsed = elapsed < 0 ? time.GetElapsedTime(_started) : TimeSpan.FromTicks(elapsed),
                FilesFound = _tally.FilesFound,
                FilesDone = _tally.FilesDone,
                FilesFailed = _tally.FilesFailed,
                BytesFound = _tally.BytesFound,
                BytesDone = _tally.BytesDone,
                BytesLoaded = _tally.BytesLoaded,
                Errors = _tally.Errors,
            };
        }
    }

    /// <summary>Stopped from the return on; whoever waits for it hears on other threads.</summary>
    public void Stop()
    {
        _wasStopped = true;
        _ = _stopping.CancelAsync();
    }

    /// <summary>Never throws: what goes wrong is in the progress.</summary>
    public async Task RunAsync()
    {
        LoadState end = LoadState.Failed;
        try
        {
            end = await LoadAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            end = _gaveUp ? LoadState.Failed : LoadState.Stopped;
        }
        catch (CacheException e)
        {
            _tally.Error(e.Message);
        }
        catch (Exception e)
        {
            LogUnforeseen(e, Path.Value);
            _tally.Error("The node failed in a way it did not foresee; its log says how.");
        }
        await _stopping.CancelAsync().ConfigureAwait(false);
        await FilesEndedAsync().ConfigureAwait(false);
        Interlocked.Exchange(ref _elapsed, time.GetElapsedTime(_started).Ticks);
        // Logged first: whoever sees the end finds it in the log.
        LogEnded(Path.Value, end, _tally.FilesDone, _tally.FilesFailed, _tally.BytesLoaded);
        _state = end;
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _slots.Dispose();
    }

    private async Task<LoadState> LoadAsync(CancellationToken cancellationToken)
    {
        _roomBefore = await room().WaitAsync(cancellationToken).ConfigureAwait(false);
        await TreeWalk.VisitAsync(files, Path, StartAsync, refused => _tally.Error(refused.Message), cancellationToken).ConfigureAwait(false);
        await FilesEndedAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (_tally.Errors.Count > 0)
            return LoadState.Failed;
        StoreRoom now = await room().WaitAsync(cancellationToken).ConfigureAwait(false);
        return now.Evictions is not null && now.Evictions == _roomBefore.Evictions ? LoadState.Succeeded : await VerifyAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task StartAsync(FileStatus status)
    {
        _tally.Found(status.Length);
        await _slots.WaitAsync(_stopping.Token).ConfigureAwait(false);
        _ = LoadFileAsync(status);
    }

    /// <summary>Never throws. Gives its slot back at its end.</summary>
    private async Task LoadFileAsync(FileStatus status)
    {
        try
        {
            await new FileLoad(files, _tally, limits, time).RunAsync(status, _stopping.Token).ConfigureAwait(false);
            _tally.FileDone();
            if (_tally.BytesDone > _roomBefore.Capacity)
                GiveUp($"The store holds {_roomBefore.Capacity} bytes and more than that was found; loading the rest would only push out what came first. Load less, or give --store more.");
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            if (e is not CacheException)
                LogUnforeseen(e, status.Path.Value);
            int inARow = _tally.FileFailed(e is CacheException ? e.Message : $"'{status.Path}' failed in a way the node did not foresee; its log says how.");
            if (inARow >= limits.LoadFailuresInARow)
                GiveUp($"{inARow} files failed one after the other; the job gave up.");
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Pages left the store while we loaded, or may have: perhaps ours, to make room for each other.</summary>
    private async Task<LoadState> VerifyAsync(CancellationToken cancellationToken)
    {
        _state = LoadState.Verifying;
        long length = 0, cached = 0;
        await TreeWalk.VisitAsync(files, Path, CountAsync, _ => { }, cancellationToken).ConfigureAwait(false);
        if (cached >= length)
            return LoadState.Succeeded;
        _tally.Error($"{length - cached} of {length} bytes are not in the cache: they left again to make room. Load less, or give --store more.");
        return LoadState.Failed;

        async Task CountAsync(FileStatus status)
        {
            length += status.Length;
            cached += await files.GetCachedBytesAsync(status.RequireFile(), cancellationToken).ConfigureAwait(false);
        }
    }

    private void GiveUp(string why)
    {
        lock (_slots)
        {
            if (_gaveUp || _stopping.IsCancellationRequested)
                return;
            _gaveUp = true;
        }
        _tally.Error(why);
        Stop();
    }

    /// <summary>Waits until no file is under way: whoever has all slots knows. No token: a job that is stopped has its slots soon.</summary>
    private async Task FilesEndedAsync()
    {
        for (int i = 0; i < limits.LoadFilesInFlight; i++)
            await _slots.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _slots.Release(limits.LoadFilesInFlight);
    }

    [LoggerMessage(LogLevel.Information, "Loading '{Path}' ended: {State}; {Done} files done, {Failed} failed, {Bytes} bytes fetched")]
    private partial void LogEnded(string path, LoadState state, long done, long failed, long bytes);

    [LoggerMessage(LogLevel.Error, "Loading '{Path}' failed unexpectedly")]
    private partial void LogUnforeseen(Exception exception, string path);
}
