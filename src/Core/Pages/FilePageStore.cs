using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Eviction;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages;

/// <summary>
/// Keeps pages in sparse backing files in one or more directories, on tmpfs or disk: the kernel's page cache is the memory
/// tier, and the process stays small. Which directory a content belongs to is computed, not remembered: a rendezvous hash
/// weighted by quota over the directories in service, so that losing one moves only its own contents.
/// </summary>
public sealed class FilePageStore : IPageStore
{
    private readonly StoreDirectory[] _directories;
    private readonly StorageSpaces _spaces;
    private readonly int _pageSize;
    private int _disposed;

    private FilePageStore(StoreDirectory[] directories, StorageSpaces spaces, int pageSize)
    {
        _spaces = spaces;
        _directories = directories;
        _pageSize = pageSize;
    }

    internal IReadOnlyList<StoreDirectory> Directories => _directories;

    /// <summary>
    /// Opens the store directories, creating what is missing, and brings back what they hold.
    /// </summary>
    /// <param name="directories">At least one.</param>
    /// <param name="pageSize">Bytes per page; a directory made with another page size is refused.</param>
    /// <param name="newPolicy">Makes an eviction policy, one per directory.</param>
    /// <param name="limits">Bounds open files.</param>
    /// <param name="time">Times out waits for room, paces the sweep.</param>
    /// <param name="logger">Told of damage and of directories that leave service.</param>
    /// <param name="cancellationToken">Ends waiting; what was opened is closed.</param>
    /// <exception cref="CacheException">InvalidArgument: names the directory and the remedy.</exception>
    public static async Task<FilePageStore> OpenAsync(
        IReadOnlyList<StoreDirectoryOptions> directories, int pageSize, Func<IEvictionPolicy> newPolicy, CacheLimits limits,
        TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        long maxOpenFiles = Math.Min(limits.MaxOpenBackingFiles, DescriptorBudget.BackingFiles(DescriptorBudget.Limit)) / directories.Count;
        var spaces = new StorageSpaces(time);
        Task<StoreDirectory>[] opening =
        [
            .. directories.Select(options => Task.Run(
                () => StoreDirectory.Open(options, pageSize, newPolicy(), spaces, (int)Math.Max(1, maxOpenFiles), time, logger), cancellationToken)),
        ];
        try
        {
            return new FilePageStore(await Task.WhenAll(opening).ConfigureAwait(false), spaces, pageSize);
        }
        catch
        {
            foreach (Task<StoreDirectory> opened in opening.Where(o => o.IsCompletedSuccessfully))
                await (await opened.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public PageRead TryRead(FileRef file, long page, int offset, Span<byte> destination)
    {
        if (!IsWithin(file, page, offset, destination.Length) || DirectoryOf(file.Id) is not { } directory)
            return PageRead.Miss;
        return directory.TryRead(file, page, offset, destination);
    }

    public ValueTask<bool> ReadAsync(FileRef file, long page, int offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (!IsWithin(file, page, offset, destination.Length) || DirectoryOf(file.Id) is not { } directory)
            return new(false);
        PageRead result = directory.TryRead(file, page, offset, destination.Span);
        return result == PageRead.WouldBlock
            ? directory.ReadAsync(file, page, offset, destination, cancellationToken)
            : new(result == PageRead.Hit);
    }

    public bool Contains(FileRef file, long page) => IsWithin(file, page, 0, 0) && DirectoryOf(file.Id)?.Contains(file, page) == true;

    public bool MayHold(UfsIdentity identity, string key)
    {
        // Which of them it would be follows from the version.
        foreach (StoreDirectory directory in _directories)
        {
            if (directory.IsInService && directory.MayHold(identity, key))
                return true;
        }
        return false;
    }

    public long CachedBytes(FileRef file) => DirectoryOf(file.Id)?.CachedBytes(file) ?? 0;

    public ValueTask<IPageWrite?> BeginWriteAsync(FileRef file, long page, CancellationToken cancellationToken)
    {
        if (!IsWithin(file, page, 0, 0))
            throw new ArgumentOutOfRangeException(nameof(page), page, $"{file} has no such page.");
        return DirectoryOf(file.Id) is { } directory ? directory.BeginWriteAsync(file, page, cancellationToken) : default;
    }

    public BackingLease? TryLease(FileRef file, long offset, long length) =>
        offset >= 0 && length > 0 && offset <= file.Length - length && file.PageSize == _pageSize
            ? DirectoryOf(file.Id)?.TryLease(file, offset, length)
            : null;

    public bool TryMap(FileRef file, long offset, int length, out MappedPages pages)
    {
        pages = default;
        return offset >= 0 && length > 0 && offset <= file.Length - length && file.PageSize == _pageSize
            && DirectoryOf(file.Id)?.TryMap(file, offset, length, out pages) == true;
    }

    public BackingLease? TryHandOver(FileRef file) =>
        file.Length > 0 && file.PageSize == _pageSize ? DirectoryOf(file.Id)?.TryHandOver(file) : null;

    public async Task<DroppedPages> DropAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken)
    {
        // All directories, also those out of service: they come back with a restart, and what was freed must not.
        DroppedPages[] dropped = await Task.WhenAll(
            _directories.Select(d => d.DropAsync(identity, key, recursive, cancellationToken))).ConfigureAwait(false);
        return dropped.Aggregate(default(DroppedPages), (sum, one) => sum + one);
    }

    public Task<DroppedPages> DropAsync(FileRef file) => DirectoryOf(file.Id)?.DropAsync(file.Id) ?? Task.FromResult(default(DroppedPages));

    public async Task<DroppedPages> CountAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken)
    {
        DroppedPages[] counted = await Task.WhenAll(
            _directories.Select(d => d.CountAsync(identity, key, recursive, cancellationToken))).ConfigureAwait(false);
        return counted.Aggregate(default(DroppedPages), (sum, one) => sum + one);
    }

    public PageMap Describe(FileRef file, int maxRuns) => file.PageSize == _pageSize && DirectoryOf(file.Id) is { } directory
        ? directory.Describe(file, maxRuns)
        : PageMap.Empty(file);

    public void SetQuotas(IReadOnlyDictionary<UfsIdentity, long> quotas) => _spaces.SetQuotas(quotas);

    public long BytesOf(UfsIdentity identity) => _spaces.BytesOf(identity);

    public Task EvictionEndedAsync() => Task.WhenAll([.. _directories.Select(d => d.Settled), _spaces.Idle]);

    public IReadOnlyList<StoreDirectoryStatus> GetStatus() => [.. _directories.Select(d => d.Status)];

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _spaces.DisposeAsync().ConfigureAwait(false);
        foreach (StoreDirectory directory in _directories)
            await directory.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Refuses pages that the content does not have, before any arithmetic on them can overflow.</summary>
    private bool IsWithin(FileRef file, long page, int offset, int count)
    {
        if (file.PageSize != _pageSize || page < 0 || file.Length == 0 || page > (file.Length - 1) / _pageSize)
            return false;
        return offset >= 0 && offset <= file.PageLength(page) - count;
    }

    private StoreDirectory? DirectoryOf(FileId file)
    {
        if (_directories.Length == 1)
            return _directories[0].IsInService ? _directories[0] : null;
        StoreDirectory? best = null;
        double bestScore = double.NegativeInfinity;
        foreach (StoreDirectory directory in _directories)
        {
            double score = directory.IsInService ? Score(file, directory) : double.NegativeInfinity;
            if (score <= bestScore)
                continue;
            best = directory;
            bestScore = score;
        }
        return best;
    }

    /// <summary>Weighted rendezvous hashing: the largest of -weight / ln(u), u uniform in (0, 1), falls to each in proportion to its weight.</summary>
    private static double Score(FileId file, StoreDirectory directory)
    {
        Span<byte> id = stackalloc byte[16];
        directory.Id.TryWriteBytes(id);
        ulong hash = (ulong)file.Value ^ BinaryPrimitives.ReadUInt64LittleEndian(id);
        // Two rounds of a 64-bit finalizer (splitmix64): the id is random, its combination with another need not be.
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        hash ^= hash >> 31;
        double uniform = ((hash >> 11) + 0.5) / (1UL << 53);
        return -directory.Capacity / Math.Log(uniform);
    }
}
