using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>Opens ranges of objects, and compares each answer with what was asked for.</summary>
internal sealed class ObjectOpener(IObjectStore store, RequestPolicy policy, TimeProvider time)
{
    public RequestPolicy Policy => policy;

    public TimeProvider Time => time;

    public string Store => store.Uri;

    /// <summary>
    /// The range, of the version. An answer that is of another version, of other bytes or of an object of another length never gets through:
    /// caches and proxies between us and the store, and stores that know no conditions, answer 200 to what they did not understand.
    /// </summary>
    /// <param name="name">The object's.</param>
    /// <param name="key">For messages.</param>
    /// <param name="version">Null: whatever is there.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">At least one.</param>
    /// <param name="objectLength">What an earlier answer of the same version said; null: none did.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="CacheException">Changed, or what the store said.</exception>
    public async Task<ObjectBody> OpenAsync(
        string name, string key, FileVersion? version, long offset, long length, long? objectLength, CancellationToken cancellationToken)
    {
        ObjectBody body = await policy.OpenAsync(token => store.OpenAsync(name, version, offset, length, token), cancellationToken).ConfigureAwait(false);
        bool isPlain = body.Version is not null && body.ObjectLength is not null;
        bool isOther = isPlain && ((version is not null && body.Version != version) || (objectLength is not null && body.ObjectLength != objectLength)
            || body.ObjectLength - offset < length);
        if (isPlain && !isOther && body.Offset == offset && body.Length == length)
            return body;
        Close(body);
        throw isOther
            ? CacheException.Changed(key)
            : new CacheException(
                CacheError.Unavailable,
                $"'{store.Uri}' answered another range of '{key}' than was asked for, or without ETag and Content-Range; is there a proxy in between?");
    }

    /// <summary>The first bytes with their status. Null: an answer that does not tell all of it, or is another than was asked for.</summary>
    /// <exception cref="StoreException">What the store said.</exception>
    public async Task<ObjectBody?> TryOpenFirstAsync(string name, int length, CancellationToken cancellationToken)
    {
        ObjectBody body = await policy.OpenAsync(token => store.OpenFirstAsync(name, length, token), cancellationToken).ConfigureAwait(false);
        if (body is { Version: not null, ObjectLength: { } all, Offset: 0 } && all > 0 && body.Length == Math.Min(length, all))
            return body;
        Close(body);
        return null;
    }

    public void Close(ObjectBody body)
    {
        body.Dispose();
        policy.Release();
    }
}

/// <summary>
/// Reads one range of one version, and goes on where an answer broke off.
/// Invariants: every answer was opened for exactly the version and the bytes that are still missing; an answer that ends early is a failure,
/// never the end.
/// </summary>
internal sealed class ObjectReader : IUfsReader
{
    private readonly ObjectOpener _opener;
    private readonly string _name;
    private readonly string _key;
    private readonly FileVersion _version;
    private readonly long _end;
    private long _position;
    private long _failedAt;
    private int _failures;
    private ObjectBody? _body;
    private CancellationTokenSource _patience;

    /// <param name="opener">Opens what is missing after a failure.</param>
    /// <param name="name">The object's.</param>
    /// <param name="key">For messages.</param>
    /// <param name="body">The first answer, compared already; owned from now on.</param>
    public ObjectReader(ObjectOpener opener, string name, string key, ObjectBody body)
    {
        _opener = opener;
        _name = name;
        _key = key;
        _body = body;
        _version = body.Version!.Value;
        _position = _failedAt = body.Offset;
        _end = body.Offset + body.Length;
        FileLength = body.ObjectLength;
        _patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, opener.Time);
    }

    /// <summary>The store's own version: it was confirmed before the first byte.</summary>
    public bool MayPublish => true;

    public long? FileLength { get; }

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int count = (int)Math.Min(destination.Length, _end - _position);
        while (count > 0)
        {
            _body ??= await ReopenAsync(cancellationToken).ConfigureAwait(false);
            int read = await TryReadAsync(destination[..count], cancellationToken).ConfigureAwait(false);
            if (read == 0)
                continue;
            _position += read;
            if (_position == _end)
                Close();
            return read;
        }
        return 0;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        _patience.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<ObjectBody> ReopenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _opener.OpenAsync(_name, _key, _version, _position, _end - _position, FileLength, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            // Gone in the middle is another version too.
            throw e.Failure == StoreFailure.NotFound ? CacheException.Changed(_key) : e.ToCacheException(_key, _opener.Store);
        }
    }

    /// <summary>0: the answer broke off and is closed; the rest may be asked for again.</summary>
    private async ValueTask<int> TryReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        _patience.CancelAfter(_opener.Policy.Limits.Patience);
        using (cancellationToken.UnsafeRegister(static patience => ((CancellationTokenSource)patience!).Cancel(), _patience))
        {
            try
            {
                int read = await _body!.Stream.ReadAsync(destination, _patience.Token).ConfigureAwait(false);
                _patience.CancelAfter(Timeout.InfiniteTimeSpan);
                _opener.Policy.Traffic.Bytes(UfsOperation.Get).Add(read);
                if (read > 0)
                    return read;
            }
            catch (Exception e) when (e is not CacheException)
            {
                failure = e;
            }
        }
        Close();
        _patience.Dispose();
        _patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _opener.Time);
        cancellationToken.ThrowIfCancellationRequested();
        _opener.Policy.Traffic.Failures(UfsOperation.Get).Increment();
        // Only one that came on well counts as a new one: a store that breaks off after each byte would be asked for ever.
        _failures = _position - _failedAt >= CacheLimits.TransferPiece ? 1 : _failures + 1;
        _failedAt = _position;
        if (_failures >= _opener.Policy.Limits.Attempts)
            throw new CacheException(CacheError.Unavailable, $"'{_opener.Store}' broke off '{_key}' {_failures} times at byte {_position}; try again later.", failure);
        _opener.Policy.Traffic.Retries.Increment();
        return 0;
    }

    private void Close()
    {
        if (_body is not null)
            _opener.Close(_body);
        _body = null;
    }
}
