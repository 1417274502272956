using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// One bucket or container below a prefix, as files and directories.
/// </summary>
/// <remarks>
/// - A version is the store's ETag, demanded by If-Match on every read, and compared with every answer.
/// - A directory is what names have in common up to a slash; an empty one is an object whose name ends with the slash (a marker).
/// - A name that is both an object and a prefix is the object; what lies below is found by its own names, and by listing it.
/// - Objects whose names have empty, "." or ".." parts cannot be named by a key and are left out.
/// - Deleting the last file of a directory deletes the directory, unless it has a marker.
/// - Renaming copies and deletes: a directory object by object, and a failure half-way leaves what was done.
/// </remarks>
internal sealed class ObjectUnderStorage : IUnderStorage
{
    private readonly IObjectStore _store;
    private readonly RequestPolicy _policy;
    private readonly ObjectNames _names;
    private readonly ObjectListing _listing;
    private readonly ObjectOpener _opener;
    private readonly ObjectWriter _writer;
    private readonly bool _isWritable;

    /// <param name="store">The bucket; disposed of with this.</param>
    /// <param name="prefix">Names joined by slashes, without one at the ends; empty: the whole bucket.</param>
    /// <param name="policy">How requests are sent.</param>
    /// <param name="isWritable">Whether the check finds out what writes can demand.</param>
    /// <param name="time">Clock and timers.</param>
    public ObjectUnderStorage(IObjectStore store, string prefix, RequestPolicy policy, bool isWritable, TimeProvider time)
    {
        _store = store;
        _policy = policy;
        _isWritable = isWritable;
        _names = new ObjectNames(prefix.Length == 0 ? "" : prefix + '/', store.CanName);
        _listing = new ObjectListing(store, policy, _names);
        _opener = new ObjectOpener(store, policy, time);
        _writer = new ObjectWriter(store, policy, _names, _listing);
        Identity = new UfsIdentity(prefix.Length == 0 ? store.Uri : store.Uri + '/' + prefix);
    }

    public UfsIdentity Identity { get; }

    public UfsCapabilities Capabilities => new()
    {
        CanWrite = true,
        AtomicIfAbsent = _store.Conditions == StoreConditions.All,
        VersionsNameContent = _store.VersionsNameContent,
        KeepsAttributes = _store.KeepsAttributes,
    };

    public UfsTraffic Traffic => _policy.Traffic;

    /// <summary>Lists one name; a writable mount also tries which conditions of writes the store honours.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _listing.FirstBelowAsync("", 1, cancellationToken).ConfigureAwait(false);
            string probe = _names.Of(UfsKey.TemporaryPrefix + "probe-" + Guid.NewGuid().ToString("N"));
            if (_isWritable)
                await _policy.SendAsync(UfsOperation.Put, t => _store.ProbeConditionsAsync(probe, t), cancellationToken).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            throw new CacheException(e.Failure == StoreFailure.Denied ? CacheError.AccessDenied : CacheError.Unavailable, e.Failure switch
            {
                StoreFailure.NoBucket or StoreFailure.NotFound => $"'{_store.Uri}' does not exist ({e.Message}); create it, or check its name, endpoint and region.",
                StoreFailure.Denied => $"'{_store.Uri}' lets us not list{(_isWritable ? " or write" : "")} ({e.Message}); check the credentials and what they are allowed.",
                StoreFailure.Broken => $"'{_store.Uri}' cannot be reached: {e.Message}; check endpoint and network.",
                _ => $"'{_store.Uri}' refuses a listing: {e.Message}; check endpoint, region and options.",
            }, e);
        }
    }

    public async ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        UfsKey.Require(key);
        cancellationToken.ThrowIfCancellationRequested();
        if (key.Length == 0)
            return ObjectNames.Directory(key);
        if (!_names.Fits(key))
            return null;
        try
        {
            if (ObjectNames.MayBeFile(key)
                && await _policy.SendAsync(UfsOperation.Head, t => _store.GetStatusAsync(_names.Of(key), t), cancellationToken).ConfigureAwait(false) is { } status)
                return ObjectNames.File(key, status);
            return await _listing.IsDirectoryAsync(key, cancellationToken).ConfigureAwait(false) ? ObjectNames.Directory(key) : null;
        }
        catch (StoreException e)
        {
            throw e.ToCacheException(key, _store.Uri);
        }
    }

    public async ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        UfsKey.Require(key);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_names.Fits(key))
            throw CacheException.NotFound(key);
        if (!ObjectNames.MayBeFile(key))
            throw await IsDirectoryAsync(key, cancellationToken).ConfigureAwait(false) ? ObjectWriter.IsDirectory(key) : CacheException.NotFound(key);
        // Offsets near the end of 64 bits overflow in some stores, and no object is that long.
        if (length == 0 || length > long.MaxValue / 2 - offset)
            return await OpenNothingAsync(key, version, offset, length, cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectBody body = await _opener.OpenAsync(_names.Of(key), key, version, offset, length, objectLength: null, cancellationToken).ConfigureAwait(false);
            return new ObjectReader(_opener, _names.Of(key), key, body);
        }
        catch (StoreException e) when (e.Failure == StoreFailure.NotFound)
        {
            throw await IsDirectoryAsync(key, cancellationToken).ConfigureAwait(false) ? ObjectWriter.IsDirectory(key) : CacheException.NotFound(key);
        }
        catch (StoreException e) when (e.Failure == StoreFailure.ConditionFailed)
        {
            // Some stores say so too where nothing is.
            throw await GetStatusAsync(key, cancellationToken).ConfigureAwait(false) is null ? CacheException.NotFound(key) : CacheException.Changed(key);
        }
        catch (StoreException e)
        {
            throw e.ToCacheException(key, _store.Uri);
        }
    }

    /// <summary>One ranged read, whose answer's headers say what a status request's would.</summary>
    public async ValueTask<FirstBytes?> OpenFirstAsync(string key, int length, CancellationToken cancellationToken)
    {
        UfsKey.Require(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        cancellationToken.ThrowIfCancellationRequested();
        if (key.Length == 0 || !_names.Fits(key) || !ObjectNames.MayBeFile(key))
            return null;
        string name = _names.Of(key);
        try
        {
            ObjectBody? body = await _opener.TryOpenFirstAsync(name, length, cancellationToken).ConfigureAwait(false);
            if (body?.Status is { } status)
                return new FirstBytes(ObjectNames.File(key, status), new ObjectReader(_opener, name, key, body));
            if (body is not null)
                _opener.Close(body);
            return null;
        }
        catch (StoreException e) when (e.Failure == StoreFailure.NotFound)
        {
            return new FirstBytes(await IsDirectoryAsync(key, cancellationToken).ConfigureAwait(false) ? ObjectNames.Directory(key) : null, null);
        }
        catch (StoreException e) when (e.Failure is StoreFailure.OutOfRange or StoreFailure.Denied or StoreFailure.Refused)
        {
            // An empty object has no range; and what is refused to readers (archived, say) may have a status all the same.
            return null;
        }
        catch (StoreException e)
        {
            throw e.ToCacheException(key, _store.Uri);
        }
    }

    public async IAsyncEnumerable<UfsStatus> ListAsync(string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        UfsKey.Require(key);
        cancellationToken.ThrowIfCancellationRequested();
        if (key.Length > 0 && !_names.Fits(key))
            throw CacheException.NotFound(key);
        bool any = false;
        await using IAsyncEnumerator<UfsStatus> entries = _listing.ReadAsync(key, startAfter, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await AdvanceAsync(entries, key).ConfigureAwait(false))
        {
            any = true;
            yield return entries.Current;
        }
        if (!any && key.Length > 0 && !await IsDirectoryAsync(key, cancellationToken).ConfigureAwait(false))
        {
            throw await GetStatusAsync(key, cancellationToken).ConfigureAwait(false) is null
                ? CacheException.NotFound(key)
                : new CacheException(CacheError.NotADirectory, $"'{key}' is not a directory.");
        }
    }

    public Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(key);
        _names.RequireFile(key);
        return _writer.CreateAsync(key, content, condition, cancellationToken);
    }

    public Task<UfsStatus> CreateObjectAsync(string key, Stream content, ObjectWrite write, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(key);
        _names.RequireFile(key);
        return _writer.CreateObjectAsync(key, content, write, cancellationToken);
    }

    public Task<UfsStatus?> ComposeAsync(string key, IReadOnlyList<UfsPart> parts, ObjectWrite write, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(key);
        _names.RequireFile(key);
        return _writer.ComposeAsync(key, parts, write, cancellationToken);
    }

    public Task CreateDirectoryAsync(string key, CancellationToken cancellationToken)
    {
        UfsKey.Require(key);
        _names.RequireFit(key);
        return _writer.CreateDirectoryAsync(key, cancellationToken);
    }

    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(key);
        return _names.Fits(key) ? _writer.DeleteAsync(key, cancellationToken) : throw CacheException.NotFound(key);
    }

    public Task DeleteFileAsync(string key, WriteCondition condition, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(key);
        return _names.Fits(key) ? _writer.DeleteFileAsync(key, condition, cancellationToken) : throw condition.Failed(key);
    }

    public Task RenameAsync(string from, string to, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(from);
        UfsKey.RequireEntry(to);
        _names.RequireFit(to);
        return _names.Fits(from) ? _writer.RenameAsync(from, to, cancellationToken) : throw CacheException.NotFound(from);
    }

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        _policy.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<bool> AdvanceAsync(IAsyncEnumerator<UfsStatus> entries, string key)
    {
        try
        {
            return await entries.MoveNextAsync().ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            throw e.ToCacheException(key, _store.Uri);
        }
    }

    private async Task<bool> IsDirectoryAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await _listing.IsDirectoryAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            throw e.ToCacheException(key, _store.Uri);
        }
    }

    /// <summary>No bytes to read, but there is still a version to compare.</summary>
    private async ValueTask<IUfsReader> OpenNothingAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        UfsStatus status = await GetStatusAsync(key, cancellationToken).ConfigureAwait(false) ?? throw CacheException.NotFound(key);
        if (status.IsDirectory)
            throw ObjectWriter.IsDirectory(key);
        if ((version is { } wanted && wanted != status.Version) || offset > status.Length || length > status.Length - offset)
            throw CacheException.Changed(key);
        return new NothingToRead(status.Length);
    }

    private sealed class NothingToRead(long fileLength) : IUfsReader
    {
        public bool MayPublish => true;

        public long? FileLength => fileLength;

        public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken) =>
            cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(0);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
