using Microsoft.Extensions.Logging;
using Orleans.Cache.Eviction;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Backing;
using Orleans.Cache.Pages.Index;
using Orleans.Cache.Pages.Journal;

namespace Orleans.Cache.Pages;

/// <summary>
/// One directory that keeps pages: its index, journal, backing files and background work, wired together. The layout on disk
/// is in docs/ON_DISK.md.
/// </summary>
internal sealed class StoreDirectory : IAsyncDisposable
{
    /// <summary>Incarnations of one process life: its first journal's number above, a count below. 2^40 files a life, 2^23 starts.</summary>
    private const int IncarnationShift = 40;

    /// <summary>Files dropped with one journal flush.</summary>
    private const int DropBatch = 256;

    /// <summary>Pages published between looks at whether a snapshot is due.</summary>
    private const int PagesPerLook = 1024;

    private readonly StoreDirectoryOptions _options;
    private readonly StoreLock _lock;
    private readonly HandOverMark _handOvers;
    private readonly IBackingFiles _files;
    private readonly BackingFileCache _cache;
    private readonly SpaceLedger _ledger;
    private readonly PageIndex _index;
    private readonly PageFills _fills;
    private readonly PageRemovals _removals;
    private readonly Remover _remover;
    private readonly DirectoryVictims _victims;
    private readonly Evictor _evictor;
    private readonly PageReader _reader;
    private readonly PageWriter _writer;
    private readonly AppendLog _journal;
    private readonly NameLog _names;
    private readonly Compactor _compactor;
    private readonly DirectoryHealth _health;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Scrub _scrub;
    private readonly Task _sweep;
    private readonly Task _scrubbing;
    private readonly long _restoredPages;
    private readonly Lock _unnamedGate = new();
    private Task _unnamed = Task.CompletedTask;

    /// <summary>Opens a directory whose lock is held. Reads snapshot and journals; touches no backing file.</summary>
    private StoreDirectory(
        StoreDirectoryOptions options, StoreHeader format, StoreLock storeLock, IBackingFiles files, IEvictionPolicy policy, StorageSpaces spaces,
        int maxOpenFiles, TimeProvider time, ILogger logger)
    {
        _options = options;
        _lock = storeLock;
        _files = files;
        Id = format.DirectoryId;
        _health = new DirectoryHealth(options.Path, logger);
        _ledger = new SpaceLedger(options.Capacity, files.BlockSize);
        _cache = new BackingFileCache(files, _ledger, maxOpenFiles);
        _index = new PageIndex(format.PageSize, policy);

        var storeFiles = new StoreFiles(options.Path, format);
        storeFiles.DeleteTemporaries();
        _handOvers = new HandOverMark(options.Path);
        Recovered = new Recovery(storeFiles, _index, _handOvers.IsThere ? FileFlags.Handed : FileFlags.None).Run();
        (_restoredPages, long bytes) = new IndexRestore(_index).TrackAll(_ledger.Allocated);
        _ledger.Add(bytes);
        spaces.Unnamed.Ledger.Add(bytes);

        long sequence = Recovered.LastSequence + 1;
        long firstIncarnation = sequence << IncarnationShift;
        _names = new NameLog(storeFiles, _index, sequence, OnLogError, OnNamesLost);
        _journal = new AppendLog(storeFiles.Create(StoreFileKind.Journal, sequence), StoreHeader.Size, OnLogError, writtenBefore: _names.Log);
        LinuxFiles.SyncDirectory(options.Path);
        _compactor = new Compactor(storeFiles, _index, _journal, _names, sequence, Recovered.Records + Recovered.SkippedRecords);

        _fills = new PageFills(_index, firstIncarnation);
        _removals = new PageRemovals(_index, _journal);
        _remover = new Remover(_removals, _journal, files, _cache, _ledger, spaces, format.PageSize);
        _victims = new DirectoryVictims(_index, _removals, _remover, _ledger);
        _evictor = new Evictor(_ledger, _victims, () => files.FreeBytes, time);
        spaces.Join(_victims);
        var shares = new PageShares(_index, spaces, _ledger);
        _reader = new PageReader(_index, _removals, _remover, files, _cache, _health);
        _writer = new PageWriter(_fills, shares, spaces, _removals, _remover, _evictor, _ledger, _journal, _names, files, _cache, _health);
        var sweep = new OrphanSweep(
            PagesPath(options.Path), _index, _fills, shares, _removals, _remover, _names, _compactor, files, firstIncarnation, time);
        _evictor.WakeIfFull();
        _compactor.CompactIfDue();
        _sweep = Task.Run(() => sweep.RunAsync(_stopping.Token));
        _scrub = new Scrub(_index, _reader, _health, options.ScrubPeriod, (int)(sequence % _index.Table.Shards.Count), time);
        _scrubbing = Task.Run(() => _scrub.RunAsync(_stopping.Token));
    }

    /// <summary>Random identity, made with the directory: where its files' share of the contents is computed from.</summary>
    public Guid Id { get; }

    public long Capacity => _options.Capacity;

    public bool IsInService => _health.IsInService;

    public RecoveryResult Recovered { get; }

    /// <summary>Done once everything that an earlier crash left is gone.</summary>
    public Task Swept => _sweep;

    /// <summary>Done once no eviction is under way.</summary>
    public Task Settled => _evictor.Idle;

    /// <summary>Open backing files.</summary>
    public int OpenFiles => _cache.Count;

    public StoreDirectoryStatus Status => new()
    {
        Directory = _options.Path,
        Capacity = _options.Capacity,
        Used = _ledger.Used,
        Files = _index.Table.Files,
        Pages = _restoredPages + _fills.Published - _removals.Removed,
        Evictions = _victims.Evicted,
        Healed = _health.Healed,
        Scrubbed = _scrub.Pages,
        ScrubPasses = _scrub.Passes,
        IndexBytes = _index.MemoryBytes,
        OutOfService = _health.OutOfService,
    };

    /// <exception cref="CacheException">InvalidArgument: in use, of another format or page size, or no directory for pages.</exception>
    public static StoreDirectory Open(
        StoreDirectoryOptions options, int pageSize, IEvictionPolicy policy, StorageSpaces spaces, int maxOpenFiles, TimeProvider time, ILogger logger,
        Func<IBackingFiles, IBackingFiles>? wrap = null)
    {
        LinuxFiles.CreatePrivateDirectory(options.Path);
        var storeLock = new StoreLock(options.Path);
        IBackingFiles? files = null;
        try
        {
            StoreHeader format = StoreFormat.OpenOrCreate(options.Path, pageSize);
            files = new LinuxBackingFiles(PagesPath(options.Path));
            files = wrap?.Invoke(files) ?? files;
            return new StoreDirectory(options, format, storeLock, files, policy, spaces, maxOpenFiles, time, logger);
        }
        catch
        {
            files?.Dispose();
            storeLock.Dispose();
            throw;
        }
    }

    public PageRead TryRead(FileRef file, long page, int offset, Span<byte> destination) => _reader.TryRead(file, page, offset, destination);

    public ValueTask<bool> ReadAsync(FileRef file, long page, int offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _reader.ReadAsync(file, page, offset, destination, cancellationToken);

    public bool Contains(FileRef file, long page) => _index.TryFind(file.Id, page, out _);

    public bool MayHold(UfsIdentity identity, string key) => _names.MayHold(identity, key);

    public long CachedBytes(FileRef file) => _index.CachedBytes(file.Id);

    public ValueTask<IPageWrite?> BeginWriteAsync(FileRef file, long page, CancellationToken cancellationToken)
    {
        if (_fills.Published % PagesPerLook == 0)
            _compactor.CompactIfDue();
        return _writer.BeginAsync(file, page, cancellationToken);
    }

    /// <summary>See IPageStore. Never waits: where the file is not open and opening might wait, the answer is null.</summary>
    public BackingLease? TryLease(FileRef file, long offset, long length) => TryLend(file, offset, length, FileFlags.None);

    /// <summary>See IPageStore. The mark is on the disk before the kernel has the file: the process that comes after this one knows too.</summary>
    public BackingLease? TryHandOver(FileRef file) => _handOvers.TrySet() ? TryLend(file, 0, file.Length, FileFlags.Handed) : null;

    /// <summary>See IPageStore.</summary>
    public bool TryMap(FileRef file, long offset, int length, out MappedPages pages)
    {
        pages = default;
        long first = offset / file.PageSize, last = (offset + length - 1) / file.PageSize;
        // A file that is lent keeps all its pages: one that is read all the time must leave others enough of the store to make room.
        if (!_files.NeverWaits || file.Length < MappedWindows.WorthMapping || file.Length > Capacity / 2
            || !_index.TryBeginLease(file.Id, first, last, out long incarnation, out long lent))
            return false;
        MappedWindow? window = lent > last - first ? _cache.Windows.TryRent(incarnation, offset, length) ?? MapWindow(file, incarnation, offset, length) : null;
        // Somebody may have truncated the file: the kernel would fail in the middle of it, and end the read.
        if (window is not null && _files.LengthOf(window.File.Descriptor) >= offset + length)
        {
            pages = new MappedPages(_index, file.Id, window, offset, length);
            return true;
        }
        window?.Release();
        _index.EndLease(file.Id, incarnation);
        return false;
    }

    private MappedWindow? MapWindow(FileRef file, long incarnation, long offset, int length)
    {
        BackingFile? backing = length < MappedWindows.WorthMapping ? null : _cache.Rent(file.Id, incarnation, BackingOpen.CachedOnly, out _, file.Length);
        if (backing is null)
            return null;
        MappedWindow? window = _cache.Windows.Map(backing, file.Length, offset, length);
        backing.Release();
        if (_index.IsLive(file.Id, incarnation))
            return window;
        // Dropped while it was opened and mapped: neither stays.
        window?.Release();
        _cache.Forget(incarnation);
        return null;
    }

    private BackingFileLease? TryLend(FileRef file, long offset, long length, FileFlags mark)
    {
        int pageSize = file.PageSize;
        long firstPage = offset / pageSize;
        if (!_index.TryBeginLease(file.Id, firstPage, (offset + length - 1) / pageSize, out long incarnation, out long pages))
            return null;
        BackingFile? backing = _cache.Rent(file.Id, incarnation, BackingOpen.CachedOnly, out _, file.Length);
        if (backing is not null && _index.IsLive(file.Id, incarnation, mark))
            return new BackingFileLease(_index, _files, file.Id, backing, offset, Math.Min(length, (firstPage + pages) * pageSize - offset));
        if (backing is not null)
        {
            // Dropped while it was opened.
            backing.Release();
            _cache.Forget(incarnation);
        }
        _index.EndLease(file.Id, incarnation);
        return null;
    }

    public async Task<DroppedPages> DropAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken)
    {
        var dropped = default(DroppedPages);
        await _compactor.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // On the pool: the search reads files, and the caller may not wait for a disk.
            await Task.Run(() => _names.FindAsync(identity, key, recursive, DropBatch, DropFoundAsync, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            _compactor.Turn.Release();
        }
        return dropped;

        async Task DropFoundAsync(IReadOnlyList<(FileId File, long Incarnation)> found) =>
            dropped += await DropAsync(found).ConfigureAwait(false);
    }

    /// <summary>Drops one content. No name is searched for: costs what its pages cost, however many files there are.</summary>
    public async Task<DroppedPages> DropAsync(FileId file)
    {
        var batch = new RemovalBatch();
        return _removals.TryMarkFile(file, batch) ? await RemoveAsync(batch).ConfigureAwait(false) : default;
    }

    /// <summary>What a drop would remove now.</summary>
    public async Task<DroppedPages> CountAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken)
    {
        var counted = default(DroppedPages);
        await _compactor.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(() => _names.FindAsync(identity, key, recursive, DropBatch, Count, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _names.ClearMarks();
            _compactor.Turn.Release();
        }
        return counted;

        // A crash can leave a name twice. The mark is the compactor's, whose turn this is.
        Task Count(IReadOnlyList<(FileId File, long Incarnation)> found)
        {
            foreach ((FileId file, long incarnation) in found)
            {
                if (!_index.TryMarkOnce(file, incarnation, FileFlags.NameCopied))
                    continue;
                (long pages, long bytes) = _index.CountPages(file, incarnation);
                counted += new DroppedPages(pages > 0 ? 1 : 0, pages, bytes);
            }
            return Task.CompletedTask;
        }
    }

    /// <summary>Which pages of a content are here, in at most so many runs.</summary>
    public PageMap Describe(FileRef file, int maxRuns) => PageMapper.Describe(_index, file, _options.Path, maxRuns);

    /// <summary>Compares all pages with their checksums now, beside the scrub that goes on in the background.</summary>
    public Task ScrubAsync(CancellationToken cancellationToken) => _scrub.PassAsync(paced: false, cancellationToken);

    /// <summary>Completes when every page kept so far is in the journal and survives the death of the process.</summary>
    public Task FlushAsync() => _journal.FlushAsync();

    /// <summary>Stops the background work and leaves a snapshot for the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _sweep.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _scrubbing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _evictor.DisposeAsync().ConfigureAwait(false);
        try
        {
            await _compactor.CloseAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A disk too full for a snapshot, or one that takes nothing any more: the journal is complete without it.
        }
        _journal.Dispose();
        _names.Dispose();
        await _unnamed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _reader.Dispose();
        await _writer.DisposeAsync().ConfigureAwait(false);
        _cache.Dispose();
        _files.Dispose();
        _lock.Dispose();
        _stopping.Dispose();
    }

    private static string PagesPath(string directory) => Path.Combine(directory, "pages");

    private async Task<DroppedPages> DropAsync(IReadOnlyList<(FileId File, long Incarnation)> found)
    {
        var batch = new RemovalBatch();
        foreach ((FileId file, long incarnation) in found)
            _removals.TryMarkFile(file, incarnation, batch);
        return await RemoveAsync(batch).ConfigureAwait(false);
    }

    private async Task<DroppedPages> RemoveAsync(RemovalBatch batch)
    {
        await _remover.RemoveAsync(batch).ConfigureAwait(false);
        return new DroppedPages(batch.Files.Count, batch.Pages.Count, batch.Pages.Sum(p => (long)p.Length));
    }

    /// <summary>A file whose name found no room would stay for ever: no free finds it. Pages of it that are being written find it gone.</summary>
    private void OnNamesLost(IReadOnlyList<(FileId File, long Incarnation)> lost)
    {
        lock (_unnamedGate)
            _unnamed = Task.WhenAll(_unnamed, Task.Run(() => DropAsync(lost)));
    }

    /// <summary>A journal that cannot be written loses pages at the next start, no more; a full disk is helped by eviction.</summary>
    private void OnLogError(int error)
    {
        if (_health.IsFull(error))
            _evictor?.OnDiskFull();
    }
}
