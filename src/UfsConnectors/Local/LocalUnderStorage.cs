using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Identity;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Local;

/// <summary>
/// <c>file://</c>: the files below one directory of this machine. Linux.
/// </summary>
/// <remarks>
/// - A version is device, inode, size, mtime and ctime. Equal versions mean equal bytes as far as the file system's clock is fine
///   enough (<see cref="IUfsReader.MayPublish"/> is false for files changed in the last 2 s) and unless a program writes through
///   a memory map while the file is read.
/// - Links are followed as long as they lead to something below the root; others are AccessDenied, and listings leave them out.
///   A link to a directory is a directory, except in listings one to a directory that the listed key passes through. Loops are
///   AccessDenied. No key reaches outside the root, whatever is swapped meanwhile: see <see cref="LocalRoot"/>.
/// - Pipes, sockets and devices are AccessDenied and are never opened.
/// - Names that are not valid UTF-8 are left out of listings and counted; no key can name them.
/// - Names that start with ".ocache-tmp-" are files being written: left out of listings, not valid in keys. One that a crash
///   left behind keeps its directory from being deleted until somebody removes it.
/// - Calls that may wait for a disk run on pool threads, <see cref="BlockingCalls.MaxConcurrent"/> at most.
/// </remarks>
public sealed class LocalUnderStorage : IUnderStorage
{
    /// <summary>Statuses that a listing reads at once: a trip to the pool is paid once for all of them.</summary>
    private const int ListingBatch = 64;

    private readonly LocalRoot _root;
    private readonly LocalWriter _writer;
    private readonly BlockingCalls _blocking = new();
    private readonly TimeProvider _time;

    /// <param name="rootDirectory">Absolute path of an existing directory.</param>
    /// <param name="time">Wall clock; compared to the times of files, so it must be the file system's.</param>
    /// <exception cref="CacheException">InvalidArgument: no such directory.</exception>
    public LocalUnderStorage(string rootDirectory, TimeProvider time)
    {
        _root = new LocalRoot(rootDirectory);
        _writer = new LocalWriter(_root, _blocking);
        _time = time;
    }

    public UfsIdentity Identity => new("file://" + _root.RealPath);

    public UfsCapabilities Capabilities { get; } = new() { CanWrite = true, AtomicIfAbsent = true, AtomicRename = true, RealDirectories = true };

    /// <summary>Names that listings met and left out because they are not valid UTF-8.</summary>
    public Tally UnreadableNames { get; } = new();

    /// <summary>
    /// Whether <paramref name="directory"/> is the root or lies below it, links resolved; it need not exist yet. A node must not
    /// mount what contains its own store.
    /// </summary>
    public bool Contains(string directory) => _root.Contains(directory);

    public ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        UfsKey.Require(key);
        cancellationToken.ThrowIfCancellationRequested();
        if (_root.TryLocateCached(key, out SafeFileHandle? cached))
            return new(StatusOf(cached, key));
        return _blocking.RunAsync(() => StatusOf(_root.Locate(key), key), cancellationToken);
    }

    public ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        UfsKey.Require(key);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        cancellationToken.ThrowIfCancellationRequested();
        DateTimeOffset start = _time.GetUtcNow();
        if (_root.TryLocateCached(key, out SafeFileHandle? cached))
            return new(OpenReader(cached, key, version, offset, length, start));
        return _blocking.RunAsync(
            () => (IUfsReader)OpenReader(_root.Locate(key), key, version, offset, length, start), cancellationToken);
    }

    public async IAsyncEnumerable<UfsStatus> ListAsync(
        string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        UfsKey.Require(key);
        using LocalListing listing = await _blocking.RunAsync(
            () => new LocalListing(_root, key, startAfter, UnreadableNames), cancellationToken).ConfigureAwait(false);
        for (int first = 0; first < listing.Count; first += ListingBatch)
        {
            int from = first;
            List<UfsStatus> batch = await _blocking.RunAsync(() => listing.Read(from, ListingBatch), cancellationToken).ConfigureAwait(false);
            foreach (UfsStatus status in batch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return status;
            }
        }
    }

    public Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(key);
        return _writer.CreateAsync(key, content, condition, cancellationToken);
    }

    public Task CreateDirectoryAsync(string key, CancellationToken cancellationToken)
    {
        UfsKey.Require(key);
        return ChangeAsync(() => _writer.MakeDirectories(key).Dispose(), cancellationToken);
    }

    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(key);
        return ChangeAsync(() => _writer.Delete(key), cancellationToken);
    }

    public Task DeleteFileAsync(string key, WriteCondition condition, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(key);
        return ChangeAsync(() => _writer.Delete(key, condition), cancellationToken);
    }

    public Task RenameAsync(string from, string to, CancellationToken cancellationToken)
    {
        UfsKey.RequireEntry(from);
        UfsKey.RequireEntry(to);
        return ChangeAsync(() => _writer.Rename(from, to), cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _blocking.Dispose();
        return ValueTask.CompletedTask;
    }

    private static UfsStatus? StatusOf(SafeFileHandle? located, string key)
    {
        if (located is null)
            return null;
        using (located)
        {
            if (!Libc.Stat(located, out Statx statx))
                throw LocalError.Of(Libc.Errno, key);
            return statx.IsFile || statx.IsDirectory ? statx.StatusOf(key) : throw LocalError.Special(key);
        }
    }

    private LocalReader OpenReader(SafeFileHandle? located, string key, FileVersion? version, long offset, long length, DateTimeOffset start)
    {
        using SafeFileHandle found = located ?? throw CacheException.NotFound(key);
        return LocalReader.Open(found, key, version, offset, length, start, _blocking);
    }

    private async Task ChangeAsync(Action change, CancellationToken cancellationToken) =>
        await _blocking.RunAsync(
            () =>
            {
                change();
                return true;
            },
            cancellationToken).ConfigureAwait(false);
}
