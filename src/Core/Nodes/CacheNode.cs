using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Nodes;

/// <summary>
/// The engine of one process: metadata, page store and filler behind the node contract. Owns the filler; the store, being
/// shared with status pages, belongs to whoever made it.
/// </summary>
public sealed class CacheNode : ICacheNode, IAsyncDisposable
{
    private readonly Func<MountTable> _mounts;
    private readonly MetadataCache _metadata;
    private readonly IPageStore _store;
    private readonly CacheCounters _counters;
    private readonly PageFiller _filler;
    private readonly FirstPages _firstPages;
    private readonly PageLoader _loader;
    private readonly Disproofs _disproofs;
    private readonly FreezeWatch? _freezeWatch;
    private readonly Action _forgetAll;

    public CacheNode(string name, CacheNodeServices services)
    {
        Name = name;
        _mounts = services.Mounts;
        _store = services.Store;
        _counters = services.Counters;
        PageSize = services.PageSize;
        _disproofs = new Disproofs(services.Time, services.Log);
        _freezeWatch = services.FreezeWatch;
        IFillSource source = services.Source(new UfsFillSource(identity => _mounts().StorageOf(identity)));
        _filler = new PageFiller(source, _store, services.PageSize, services.Limits, services.Counters, services.Time, services.Log, services.Fills);
        _firstPages = new FirstPages(_filler, source, _store, services.PageSize);
        _metadata = new MetadataCache(services.Mounts, services.PageSize, services.Limits, services.Counters, services.Time) { FirstPages = _firstPages };
        _forgetAll = () => _metadata.Invalidate(CachePath.Root, recursive: true);
        _loader = new PageLoader(_filler, _store, services.Limits);
        _counters.ObserveGauge("ocache.fill.buffers", () => [new(_filler.BufferedBytes)], "By", "Memory that fills hold.");
        StoreGauges.Publish(_counters, _store);
    }

    /// <summary>Told of each path that the node has forgotten, and whether all below it went too, for those who pass on what they were told. It may not wait.</summary>
    public event Action<CachePath, bool>? Forgot
    {
        add => _metadata.Invalidated += value;
        remove => _metadata.Invalidated -= value;
    }

    /// <summary>Where other nodes may believe the same: makes all forget a path. Set once, before anything is asked.</summary>
    public Func<CachePath, Task>? TellOthers
    {
        set => _disproofs.Tell = value;
    }

    /// <summary>The mount table has changed: whoever was told of paths that mean something else now is told at once.</summary>
    public void TakeMounts() => _metadata.TakeMounts();

    public string Name { get; }

    public int PageSize { get; }

    public ValueTask<StatusAnswer> GetStatusAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken)
    {
        _freezeWatch?.Look(_forgetAll);
        return _metadata.GetAsync(path, wish, cancellationToken);
    }

    public ValueTask<StatusAnswer> GetStatusAsync(CachePath path, CancellationToken cancellationToken) => GetStatusAsync(path, StatusWish.Nothing, cancellationToken);

    public IAsyncEnumerable<FileStatus> ListAsync(CachePath directory, string? startAfter, CancellationToken cancellationToken)
    {
        _freezeWatch?.Look(_forgetAll);
        return _metadata.ListAsync(directory, startAfter, cancellationToken);
    }

    public ValueTask<int> ReadAsync(FileRef file, long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken)
    {
        long page = offset / file.PageSize;
        int inPage = (int)(offset % file.PageSize);
        int rest = file.PageLength(page) - inPage;
        Memory<byte> wanted = destination.Length > rest ? destination[..rest] : destination;
        PageRead read = _store.TryRead(file, page, inPage, wanted.Span);
        if (read != PageRead.Hit)
            return ReadSlowlyAsync(file, offset, wanted, expected, read == PageRead.WouldBlock, cancellationToken);
        Hit(file, offset, wanted.Length, expected);
        return new(wanted.Length);
    }

    public IRangeReader? TryOpenRange(FileRef file, long offset, long length) => null;

    public BackingLease? TryLease(FileRef file, long offset, long length, long expected)
    {
        BackingLease? lease = _store.TryLease(file, offset, length);
        if (lease is not null)
            Hit(file, offset, lease.Length, expected);
        return lease;
    }

    public bool TryMap(FileRef file, long offset, int length, out MappedPages pages)
    {
        bool isThere = _store.TryMap(file, offset, length, out pages);
        if (isThere)
            Hit(file, offset, length, length);
        return isThere;
    }

    public ValueTask<bool> AwaitPageAsync(FileRef file, long offset, CancellationToken cancellationToken) =>
        _filler.IsComingAsync(file, offset / file.PageSize, cancellationToken);

    /// <summary>
    /// Begins the fill of a missing page, as a reader of <paramref name="expected"/> bytes from its first on would, and waits for nothing:
    /// readers who come now join it.
    /// </summary>
    /// <returns>False where the page is cached or on its way.</returns>
    public bool BeginFill(FileRef file, long page, long expected) => _filler.Begin(file, page, expected);

    public async ValueTask<LoadedPages> LoadAsync(FileRef file, long offset, long length, CancellationToken cancellationToken)
    {
        try
        {
            return await _loader.LoadAsync(file, offset, length, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (IsDisproof(e))
        {
            throw await DisbelieveAsync(file, e, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken) => new(_store.CachedBytes(file));

    public ValueTask<PageMap> DescribePagesAsync(FileRef file, int maxRuns, CancellationToken cancellationToken) =>
        new(_store.Describe(file, maxRuns) with { CouldNotKeep = _filler.CouldNotKeep(file) });

    public ValueTask<RecalledStatus?> RecallStatusAsync(CachePath path, CancellationToken cancellationToken) => new(_metadata.Recall(path));

    public async Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken)
    {
        DroppedPages dropped = await ForEachMountAsync(
            path, recursive, at => DropAsync(at.Mount.Storage.Identity, at.Key, recursive, cancellationToken), cancellationToken).ConfigureAwait(false);
        _metadata.Invalidate(path, recursive);
        return dropped;
    }

    public Task<DroppedPages> CountCachedAsync(CachePath path, bool recursive, CancellationToken cancellationToken) => ForEachMountAsync(
        path, recursive, at => _store.CountAsync(at.Mount.Storage.Identity, at.Key, recursive, cancellationToken), cancellationToken);

    /// <summary>Drops all that is cached of an under storage, whether or not a mount has it still.</summary>
    public Task<DroppedPages> FreeAsync(UfsIdentity identity, CancellationToken cancellationToken) => DropAsync(identity, "", recursive: true, cancellationToken);

    /// <summary>Sums up over the mount that holds the path and, with recursive, those below it.</summary>
    private async Task<DroppedPages> ForEachMountAsync(
        CachePath path, bool recursive, Func<MountedKey, Task<DroppedPages>> act, CancellationToken cancellationToken)
    {
        if (!recursive && await IsDirectoryAsync(path, cancellationToken).ConfigureAwait(false))
            throw new CacheException(CacheError.IsDirectory, $"'{path}' is a directory; free it with recursive=true.");

        DroppedPages sum = default;
        bool mounted = _mounts().TryResolve(path, out MountedKey at);
        if (mounted)
            sum += await act(at).ConfigureAwait(false);
        foreach (Mount mount in _mounts().Mounts)
        {
            if (recursive && mount.Path != path && mount.Path.IsWithin(path))
                sum += await act(new MountedKey(mount, "")).ConfigureAwait(false);
        }
        return mounted || recursive ? sum : throw CacheException.NotFound(path.Value);
    }

    public Task InvalidateAsync(CachePath path, bool recursive)
    {
        _metadata.Invalidate(path, recursive);
        MountTable table = _mounts();
        if (!table.TryResolve(path, out MountedKey at))
            return Task.CompletedTask;
        foreach (MountedKey shown in table.Appearances(at))
        {
            // A mount may show it at a path that is too long to be asked for.
            if (shown.TryGetPath(out CachePath appearance))
                InvalidateUpwards(appearance, shown.Mount.Path, recursive);
        }
        return Task.CompletedTask;
    }

    public async Task DropAsync(FileRef file)
    {
        // Fills first, as in a free.
        _filler.Abandon(file);
        await _store.DropAsync(file).ConfigureAwait(false);
    }

    /// <summary>Completes when all fills that are under way now have ended.</summary>
    internal Task FillsEndedAsync() => _filler.RunsEndedAsync();

    public ValueTask DisposeAsync() => _filler.DisposeAsync();

    /// <summary>A source that does not answer does not keep anybody from freeing what is cached of it.</summary>
    private async ValueTask<bool> IsDirectoryAsync(CachePath path, CancellationToken cancellationToken)
    {
        try
        {
            return (await _metadata.GetAsync(path, cancellationToken).ConfigureAwait(false)).Status is { IsDirectory: true };
        }
        catch (CacheException)
        {
            return false;
        }
    }

    /// <summary>In this order: a first page that is on its way drops itself when its fill has begun, and a fill that ends after the store was cleaned drops what it brought.</summary>
    private Task<DroppedPages> DropAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken)
    {
        _firstPages.CountFree(identity, key, recursive);
        _filler.Abandon(identity, key, recursive);
        return _store.DropAsync(identity, key, recursive, cancellationToken);
    }

    private void InvalidateUpwards(CachePath path, CachePath mount, bool recursive)
    {
        _metadata.Invalidate(path, recursive);
        while (path != mount)
        {
            path = path.Parent;
            _metadata.Invalidate(path, recursive: false);
        }
    }

    /// <summary>Not a hit at memory speed: the device is asked where it has the page, then the filler; all again where a fill ended in between.</summary>
    private async ValueTask<int> ReadSlowlyAsync(
        FileRef file, long offset, Memory<byte> wanted, long expected, bool isOnDevice, CancellationToken cancellationToken)
    {
        long page = offset / file.PageSize;
        int inPage = (int)(offset % file.PageSize);
        while (true)
        {
            if (isOnDevice && await _store.ReadAsync(file, page, inPage, wanted, cancellationToken).ConfigureAwait(false))
                break;
            int filled = await FillAsync(file, offset, wanted, expected, cancellationToken).ConfigureAwait(false);
            if (filled > 0)
                return filled;
            PageRead read = _store.TryRead(file, page, inPage, wanted.Span);
            if (read == PageRead.Hit)
                break;
            isOnDevice = read == PageRead.WouldBlock;
        }
        Hit(file, offset, wanted.Length, expected);
        return wanted.Length;
    }

    private async ValueTask<int> FillAsync(FileRef file, long offset, Memory<byte> wanted, long expected, CancellationToken cancellationToken)
    {
        try
        {
            return await _filler.ReadAsync(file, offset, wanted, expected, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (IsDisproof(e))
        {
            throw await DisbelieveAsync(file, e, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsDisproof(CacheException e) => e.Error is CacheError.Changed or CacheError.NotFound or CacheError.IsDirectory;

    /// <summary>
    /// What we believe of this key is proven wrong, and so what others do: the next open must ask, wherever it is. Gives what the reader is told, after the others were.
    /// </summary>
    private async ValueTask<CacheException> DisbelieveAsync(FileRef file, CacheException proof, CancellationToken cancellationToken)
    {
        MountTable table = _mounts();
        CachePath? shown = null;
        foreach (Mount mount in table.Mounts)
        {
            // A mount below may have the place of what this one would show there.
            if (mount.Storage.Identity == file.Identity && new MountedKey(mount, file.Key).TryGetPath(out CachePath path)
                && table.TryResolve(path, out MountedKey at) && at.Mount == mount)
                shown = path;
        }
        if (shown is not { } told)
            return proof;
        // All places that show it, of which the path is one.
        await InvalidateAsync(told, recursive: false).ConfigureAwait(false);
        await _disproofs.TellAsync(file, told, cancellationToken).ConfigureAwait(false);
        return proof.Error == CacheError.Changed ? CacheException.Changed(told.Value) : proof;
    }

    /// <summary>Counts, and keeps the read-ahead window in front of a sequential reader that finds its pages cached: once per chunk.</summary>
    private void Hit(FileRef file, long offset, long bytes, long expected)
    {
        _counters.Hits.Increment();
        _counters.BytesFromCache.Add(bytes);
        if (expected <= bytes)
            return;
        long chunk = (long)_filler.ChunkPages * file.PageSize;
        bool startsChunk = (offset + bytes - 1) / chunk * chunk >= offset;
        if (startsChunk)
            _filler.ReadAhead(file, offset, expected);
    }
}
