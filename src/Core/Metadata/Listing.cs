namespace Orleans.Cache.Metadata;

/// <summary>
/// A listing being read, then known: entries appear in order and stay. Readers follow it as it grows, so the first entries are
/// seen before the last are read.
/// </summary>
internal sealed class Listing
{
    private readonly Lock _gate = new();
    private readonly List<FileStatus> _entries = [];
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private State _state;

    private enum State
    {
        Growing,
        Complete,

        /// <summary>Larger than is remembered: followers go on with the under storage.</summary>
        CutOff,
        Failed,
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    public void Add(FileStatus entry)
    {
        TaskCompletionSource progress;
        lock (_gate)
        {
            _entries.Add(entry);
            progress = Renew();
        }
        progress.SetResult();
    }

    public void Complete() => End(State.Complete, null);

    public void CutOff() => End(State.CutOff, null);

    public void Fail(Exception failure) => End(State.Failed, failure);

    /// <summary>
    /// The entry at <paramref name="index"/>, once it is there; null at the end. <paramref name="index"/> is the caller's own
    /// position. Throws what reading the directory threw.
    /// </summary>
    public async ValueTask<(FileStatus? Entry, bool IsCutOff)> GetAsync(int index, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task progress;
            lock (_gate)
            {
                if (index < _entries.Count)
                    return (_entries[index], false);
                if (_state == State.Failed)
                    throw Failure();
                if (_state != State.Growing)
                    return (null, _state == State.CutOff);
                progress = _progress.Task;
            }
            await progress.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Index of the first entry after a name, among those there are now.</summary>
    public int IndexAfter(string? name)
    {
        lock (_gate)
        {
            int low = 0, high = name is null ? 0 : _entries.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (string.CompareOrdinal(_entries[middle].Path.Name, name) <= 0)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low;
        }
    }

    private CacheException Failure() => _failure is CacheException known
        ? new CacheException(known.Error, known.Message, known)
        : new CacheException(CacheError.Unavailable, "The under storage failed; try again in a moment.", _failure);

    private void End(State state, Exception? failure)
    {
        TaskCompletionSource progress;
        lock (_gate)
        {
            _state = state;
            _failure = failure;
            progress = Renew();
        }
        progress.SetResult();
    }

    private TaskCompletionSource Renew()
    {
        TaskCompletionSource progress = _progress;
        _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return progress;
    }
}
