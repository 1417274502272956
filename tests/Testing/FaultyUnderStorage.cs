using System.Collections.Concurrent;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Testing;

/// <summary>A request that <see cref="FaultyUnderStorage"/> can hold or fail.</summary>
public enum UfsRequest
{
    Status,
    Open,

    /// <summary>A status with the first bytes.</summary>
    First,

    /// <summary>One of those that was opened and is not given yet.</summary>
    FirstAnswer,

    /// <summary>One ReadAsync of an open reader.</summary>
    Read,
    List,
    Write,

    /// <summary>A status that was read and is not given yet.</summary>
    StatusAnswer,

    /// <summary>A listing that was read to its end and of which nothing is given yet.</summary>
    ListAnswer,

    /// <summary>A write that was committed and is not answered yet: one that fails here happened all the same.</summary>
    WriteAnswer,
}

/// <summary>
/// An under storage that misbehaves when told: requests that wait until released (or hang), fail, answer in small pieces, end
/// short or change in the middle. It also counts. All members are safe for concurrent use.
/// </summary>
public sealed class FaultyUnderStorage(IUnderStorage inner) : DelegatingUnderStorage(inner)
{
    private readonly ConcurrentDictionary<UfsRequest, UfsHold> _holds = new();
    private readonly ConcurrentDictionary<UfsRequest, ConcurrentQueue<Exception>> _failures = new();
    private readonly ConcurrentDictionary<UfsRequest, int> _counts = new();
    private readonly SemaphoreSlim _closed = new(0);
    private int _openReaders;

    /// <summary>A hold of reads stops each reader only once it gave so many bytes.</summary>
    public int HoldReadsAfter { get; set; }

    /// <summary>Thrown by every read from now on, once it is not held any more; null: none.</summary>
    public Exception? ReadFailure { get; set; }

    /// <summary>Bytes that one ReadAsync gives at most: short reads.</summary>
    public int MaxPiece { get; set; } = int.MaxValue;

    /// <summary>Readers opened from now on throw Changed once they gave so many bytes; null: never.</summary>
    public long? ChangeAfterBytes { get; set; }

    /// <summary>Readers opened from now on give so many bytes less than asked for and then say "end": a source that lies.</summary>
    public long MissingBytes { get; set; }

    /// <summary>Readers opened from now on say that their bytes may not be kept.</summary>
    public bool RefusePublishing { get; set; }

    /// <summary>Statuses tell lengths that are wrong by so many bytes.</summary>
    public long LengthError { get; set; }

    /// <summary>Held requests do not notice their token, as system calls on a hung network file system do not.</summary>
    public bool IgnoresCancellation { get; set; }

    /// <summary>Statuses come with first bytes where they are asked for so, as object stores give them.</summary>
    public bool OpensFirst { get; set; }

    /// <summary>Readers that were given and not disposed of.</summary>
    public int OpenReaders => Volatile.Read(ref _openReaders);

    /// <summary>Completes when a reader has been disposed of; one completion for each.</summary>
    public Task ClosedAsync() => _closed.WaitAsync();

    /// <summary>Called before each ReadAsync of any reader with their number so far, from 1; what it throws is the read's failure.</summary>
    public Action<int>? BeforeRead { get; set; }

    /// <summary>What was opened, in order: key, offset, length.</summary>
    public ConcurrentQueue<(string Key, long Offset, long Length)> Opened { get; } = new();

    /// <summary>Requests of a kind so far, those that failed or still wait included.</summary>
    public int Count(UfsRequest request) => _counts.GetValueOrDefault(request);

    /// <summary>Requests of this kind wait from now on, until the hold is released. One that is never released is a hang.</summary>
    public UfsHold Hold(UfsRequest request) => _holds[request] = new UfsHold();

    /// <summary>The next <paramref name="count"/> requests of this kind fail.</summary>
    public void FailNext(UfsRequest request, int count, Exception failure)
    {
        for (int i = 0; i < count; i++)
            _failures.GetOrAdd(request, _ => new()).Enqueue(failure);
    }

    /// <summary>As the other overload, with a CacheException.</summary>
    public void FailNext(UfsRequest request, int count, CacheError error) =>
        FailNext(request, count, new CacheException(error, $"The test made this {request} fail."));

    /// <summary>Takes back the failures that no request has met yet.</summary>
    public void ClearFailures() => _failures.Clear();

    public override async ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        await PassAsync(UfsRequest.Status, cancellationToken);
        UfsStatus? status = await Inner.GetStatusAsync(key, cancellationToken);
        await PassAsync(UfsRequest.StatusAnswer, cancellationToken);
        return status is { IsDirectory: false } ? status with { Length = status.Length + LengthError } : status;
    }

    public override async ValueTask<IUfsReader> OpenReadAsync(
        string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        Opened.Enqueue((key, offset, length));
        await PassAsync(UfsRequest.Open, cancellationToken);
        IUfsReader reader = await Inner.OpenReadAsync(key, version, offset, length, cancellationToken);
        return new Reader(this, reader, key, length - MissingBytes, ChangeAfterBytes ?? long.MaxValue, !RefusePublishing);
    }

    /// <summary>An empty file has no first bytes, as in object stores.</summary>
    public override async ValueTask<FirstBytes?> OpenFirstAsync(string key, int length, CancellationToken cancellationToken)
    {
        if (!OpensFirst)
            return null;
        await PassAsync(UfsRequest.First, cancellationToken);
        FirstBytes? first = await OpenWhatIsThereAsync(key, length, cancellationToken);
        try
        {
            await PassAsync(UfsRequest.FirstAnswer, cancellationToken);
            return first;
        }
        catch when (first?.Reader is not null)
        {
            await first.Reader.DisposeAsync();
            throw;
        }
    }

    private async Task<FirstBytes?> OpenWhatIsThereAsync(string key, int length, CancellationToken cancellationToken)
    {
        while (true)
        {
            UfsStatus? status = await Inner.GetStatusAsync(key, cancellationToken);
            if (status is null or { IsDirectory: true })
                return new FirstBytes(status, null);
            if (status.Length == 0)
                return null;
            try
            {
                long give = Math.Min(length, status.Length);
                IUfsReader reader = await Inner.OpenReadAsync(key, status.Version, 0, give, cancellationToken);
                return new FirstBytes(status, new Reader(this, reader, key, give - MissingBytes, ChangeAfterBytes ?? long.MaxValue, !RefusePublishing));
            }
            catch (CacheException e) when (e.Error is CacheError.Changed or CacheError.NotFound or CacheError.IsDirectory)
            {
                // Between the two steps, which are one in a store.
            }
        }
    }

    public override async IAsyncEnumerable<UfsStatus> ListAsync(
        string key, string? startAfter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await PassAsync(UfsRequest.List, cancellationToken);
        var read = new List<UfsStatus>();
        bool isHeld = _holds.ContainsKey(UfsRequest.ListAnswer);
        await foreach (UfsStatus status in Inner.ListAsync(key, startAfter, cancellationToken))
        {
            if (isHeld)
                read.Add(status);
            else
                yield return status;
        }
        await PassAsync(UfsRequest.ListAnswer, cancellationToken);
        foreach (UfsStatus status in read)
            yield return status;
    }

    public override async Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        await PassAsync(UfsRequest.Write, cancellationToken);
        UfsStatus written = await Inner.CreateAsync(key, content, condition, cancellationToken);
        await PassAsync(UfsRequest.WriteAnswer, cancellationToken);
        return written;
    }

    public override async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        await PassAsync(UfsRequest.Write, cancellationToken);
        await Inner.DeleteAsync(key, cancellationToken);
        await PassAsync(UfsRequest.WriteAnswer, cancellationToken);
    }

    public override async Task RenameAsync(string from, string to, CancellationToken cancellationToken)
    {
        await PassAsync(UfsRequest.Write, cancellationToken);
        await Inner.RenameAsync(from, to, cancellationToken);
        await PassAsync(UfsRequest.WriteAnswer, cancellationToken);
    }

    public override async Task CreateDirectoryAsync(string key, CancellationToken cancellationToken)
    {
        await PassAsync(UfsRequest.Write, cancellationToken);
        await Inner.CreateDirectoryAsync(key, cancellationToken);
        await PassAsync(UfsRequest.WriteAnswer, cancellationToken);
    }

    private async ValueTask PassAsync(UfsRequest request, CancellationToken cancellationToken, bool mayHold = true)
    {
        int count = _counts.AddOrUpdate(request, 1, (_, count) => count + 1);
        if (request == UfsRequest.Read)
            BeforeRead?.Invoke(count);
        if (mayHold && _holds.TryGetValue(request, out UfsHold? hold))
            await hold.WaitAsync(IgnoresCancellation ? default : cancellationToken);
        if (_failures.TryGetValue(request, out ConcurrentQueue<Exception>? failures) && failures.TryDequeue(out Exception? failure))
            throw failure;
    }

    private sealed class Reader : IUfsReader
    {
        private readonly FaultyUnderStorage _owner;
        private readonly IUfsReader _inner;
        private readonly string _key;
        private readonly long _give;
        private readonly long _changeAfter;
        private readonly bool _mayPublish;
        private long _given;
        private int _disposed;

        public Reader(FaultyUnderStorage owner, IUfsReader inner, string key, long give, long changeAfter, bool mayPublish)
        {
            (_owner, _inner, _key, _give, _changeAfter, _mayPublish) = (owner, inner, key, give, changeAfter, mayPublish);
            Interlocked.Increment(ref owner._openReaders);
        }

        public bool MayPublish => _mayPublish && _inner.MayPublish;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            int holdAfter = _owner.HoldReadsAfter;
            await _owner.PassAsync(UfsRequest.Read, cancellationToken, mayHold: _given >= holdAfter);
            if (_owner.ReadFailure is { } failure)
                throw failure;
            if (_given < holdAfter && destination.Length > holdAfter - _given)
                destination = destination[..(int)(holdAfter - _given)];
            if (_given >= _changeAfter)
                throw CacheException.Changed(_key);
            long count = Math.Min(Math.Min(destination.Length, _owner.MaxPiece), Math.Min(_give, _changeAfter) - _given);
            if (count <= 0)
                return 0;
            int read = await _inner.ReadAsync(destination[..(int)count], _owner.IgnoresCancellation ? default : cancellationToken);
            _given += read;
            return read;
        }

        public async ValueTask DisposeAsync()
        {
            await _inner.DisposeAsync();
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
            Interlocked.Decrement(ref _owner._openReaders);
            _owner._closed.Release();
        }
    }
}
