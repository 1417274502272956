using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Files;

/// <summary>
/// The one file API of all front-ends: path in, owner asked, answer out. Holds no state of its own; what is cached is the
/// nodes' business, where it is the directory's.
/// </summary>
public sealed class CacheFileSystem(INodeDirectory nodes, Func<MountTable> mounts)
{
    /// <summary>The mounts now.</summary>
    public MountTable Mounts => mounts();

    /// <summary>Status of a path.</summary>
    /// <exception cref="CacheException">NotFound, AccessDenied, Unavailable.</exception>
    public ValueTask<FileStatus> GetStatusAsync(CachePath path, CancellationToken cancellationToken)
    {
        ValueTask<StatusAnswer> answer = TryGetStatusAsync(path, cancellationToken);
        return answer.IsCompletedSuccessfully ? new(Found(answer.Result)) : Awaited();

        async ValueTask<FileStatus> Awaited() => Found(await answer.ConfigureAwait(false));

        FileStatus Found(StatusAnswer found) => found.Status ?? throw CacheException.NotFound(path.Value);
    }

    /// <summary>Status of a path and how long it may be believed; Status null where nothing is there.</summary>
    public ValueTask<StatusAnswer> TryGetStatusAsync(CachePath path, CancellationToken cancellationToken) =>
        OwnerOf(path).GetStatusAsync(path, cancellationToken);

    /// <summary>
    /// Opens a file: fixes one version, of which every later read of the handle gives bytes or fails with Changed.
    /// Completes synchronously where the status is believed.
    /// </summary>
    /// <exception cref="CacheException">NotFound, IsDirectory, AccessDenied, Unavailable.</exception>
    public ValueTask<CacheFile> OpenAsync(CachePath path, CancellationToken cancellationToken)
    {
        ValueTask<FileStatus> status = GetStatusAsync(path, cancellationToken);
        return status.IsCompletedSuccessfully ? new(Open(status.Result)) : Awaited(status);

        async ValueTask<CacheFile> Awaited(ValueTask<FileStatus> pending) => Open(await pending.ConfigureAwait(false));
    }

    /// <summary>Opens the version that a status names.</summary>
    public CacheFile Open(FileStatus status) => new(status, nodes);

    /// <summary>
    /// Entries of a directory in ordinal order of names; mounts below it appear as directories. With
    /// <paramref name="recursive"/> depth first, each directory before what it holds.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <param name="recursive">Descend.</param>
    /// <param name="startAfter">Path relative to the directory of the last entry already seen, to continue a listing; null starts it.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public IAsyncEnumerable<FileStatus> ListAsync(CachePath directory, bool recursive, string? startAfter, CancellationToken cancellationToken) =>
        recursive
            ? RecursiveListing.WalkAsync(OwnerOf, directory, startAfter, cancellationToken)
            : OwnerOf(directory).ListAsync(directory, startAfter, cancellationToken);

    /// <summary>Bytes of a file's version in the cache.</summary>
    public ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken) =>
        nodes.OwnerOf(file.Identity, file.Key, 0).GetCachedBytesAsync(file, cancellationToken);

    /// <summary>Drops what is cached of a file (every version), or of everything below a directory, and what is believed of it.</summary>
    /// <exception cref="CacheException">NotFound: no mount holds the path.</exception>
    public Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken) =>
        OwnerOf(path).FreeAsync(path, recursive, cancellationToken);

    private ICacheNode OwnerOf(CachePath path) =>
        mounts().TryResolve(path, out MountedKey mounted) ? nodes.OwnerOf(mounted.Mount.Storage.Identity, mounted.Key, 0) : nodes.Local;
}
