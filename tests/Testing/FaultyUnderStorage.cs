using System.Collections.Concurrent;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Testing;

/// <summary>A request that <see cref="FaultyUnderStorage"/> can hold or fail.</summary>
public enum UfsRequest
{
    Status,
    Open,

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

    private sealed class Reader(FaultyUnderStorage owner, IUfsReader inner, string key, long give, long changeAfter, bool mayPublish) : IUfsReader
    {
        private long _given;

        public bool MayPublish => mayPublish && inner.MayPublish;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            int holdAfter = owner.HoldReadsAfter;
            await owner.PassAsync(UfsRequest.Read, cancellationToken, mayHold: _given >= holdAfter);
            if (owner.ReadFailure is { } failure)
                throw failure;
            if (_given < holdAfter && destination.Length > holdAfter - _given)
                destination = destination[..(int)(holdAfter - _given)];
            if (_given >= changeAfter)
                throw CacheException.Changed(key);
            long count = Math.Min(Math.Min(destination.Length, owner.MaxPiece), Math.Min(give, changeAfter) - _given);
            if (count <= 0)
                return 0;
            int read = await inner.ReadAsync(destination[..(int)count], owner.IgnoresCancellation ? default : cancellationToken);
            _given += read;
            return read;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
