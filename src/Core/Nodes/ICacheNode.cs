using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Nodes;

/// <summary>
/// A node as its callers see it, near or far. Requests carry all that the node needs and are never answered by a question.
/// </summary>
public interface ICacheNode
{
    /// <summary>Stable name on the ring.</summary>
    string Name { get; }

    /// <summary>Bytes of a page of all files that this node tells of; the same on all nodes.</summary>
    int PageSize { get; }

    /// <summary>Status of a path, as fresh as its mount demands; Status null where nothing is there.</summary>
    /// <exception cref="CacheException">AccessDenied, Unavailable ...</exception>
    /// <param name="path">The path.</param>
    /// <param name="wish">What is wanted beyond it.</param>
    /// <param name="cancellationToken">Ends the waiting of this caller only.</param>
    ValueTask<StatusAnswer> GetStatusAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken);

    /// <summary>The status, and nothing beyond it.</summary>
    ValueTask<StatusAnswer> GetStatusAsync(CachePath path, CancellationToken cancellationToken) => GetStatusAsync(path, StatusWish.Nothing, cancellationToken);

    /// <summary>Entries directly in a directory in ordinal order of their names, those after <paramref name="startAfter"/>.</summary>
    IAsyncEnumerable<FileStatus> ListAsync(CachePath directory, string? startAfter, CancellationToken cancellationToken);

    /// <summary>
    /// Reads bytes of one version, from the cache where it has them. Returns as soon as some bytes are there.
    /// </summary>
    /// <param name="file">The version.</param>
    /// <param name="offset">First byte, below the file's length.</param>
    /// <param name="destination">Not empty; may reach beyond the end of the file.</param>
    /// <param name="expected">Bytes from offset on that the caller is going to read in order (destination included): what read-ahead may rely on.</param>
    /// <param name="cancellationToken">Ends the waiting of this caller only.</param>
    /// <returns>Bytes read, at least one.</returns>
    /// <exception cref="CacheException">Changed: the source no longer holds that version. NotFound, Unavailable, Overloaded ...</exception>
    ValueTask<int> ReadAsync(FileRef file, long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken);

    /// <summary>
    /// One answer that brings a range of one version in order, where reading piece by piece would ask each time. Null where
    /// <see cref="ReadAsync"/> asks nobody: read by it.
    /// </summary>
    IRangeReader? TryOpenRange(FileRef file, long offset, long length);

    /// <summary>
    /// Lends the leading part of a range that is cached on this machine. Null where it is elsewhere, not cached or not verified:
    /// read it. <paramref name="expected"/> is what ReadAsync takes it for. Never waits.
    /// </summary>
    BackingLease? TryLease(FileRef file, long offset, long length, long expected);

    /// <summary>Shows a range that is cached in this machine's memory, whole, for the kernel to copy it; false: read it. Never waits.</summary>
    bool TryMap(FileRef file, long offset, int length, out MappedPages pages)
    {
        pages = default;
        return false;
    }

    /// <summary>
    /// Waits for the page at <paramref name="offset"/> where it is on its way into this machine's cache. False where it is not,
    /// or did not come to stay.
    /// </summary>
    ValueTask<bool> AwaitPageAsync(FileRef file, long offset, CancellationToken cancellationToken);

    /// <summary>
    /// Brings the pages that a range of one version touches into the node's store, one after the other. Those that are there stay
    /// as they are. Waits behind other loads; readers go first.
    /// </summary>
    /// <param name="file">The version.</param>
    /// <param name="offset">First byte, below the file's length.</param>
    /// <param name="length">Bytes, at least one; ends within the file and within the node's stripe.</param>
    /// <param name="cancellationToken">Ends the waiting; a fill under way goes on.</param>
    /// <exception cref="CacheException">As ReadAsync. Pages that came before the error stay.</exception>
    ValueTask<LoadedPages> LoadAsync(FileRef file, long offset, long length, CancellationToken cancellationToken);

    /// <summary>Bytes of this version in the node's page store.</summary>
    ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken);

    /// <summary>Which pages of this version are in the node's page store, in at most <paramref name="maxRuns"/> runs.</summary>
    ValueTask<PageMap> DescribePagesAsync(FileRef file, int maxRuns, CancellationToken cancellationToken);

    /// <summary>What the node believes of a path without asking; null where it would ask.</summary>
    ValueTask<RecalledStatus?> RecallStatusAsync(CachePath path, CancellationToken cancellationToken);

    /// <summary>What <see cref="FreeAsync"/> would drop now; drops nothing.</summary>
    Task<DroppedPages> CountCachedAsync(CachePath path, bool recursive, CancellationToken cancellationToken);

    /// <summary>Drops all cached pages (of all versions) and statuses of a file, or of all files below a directory.</summary>
    Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets what is believed of a path, of the directories above it (a write may have made or ended them) and, with
    /// <paramref name="recursive"/>, of everything below it; also where other mounts show the same. Pages stay. Whoever asks
    /// after it has completed is answered from requests to the under storage that started after it began.
    /// </summary>
    Task InvalidateAsync(CachePath path, bool recursive);

    /// <summary>Drops the pages of one version of a file, and what fills bring of it now.</summary>
    Task DropAsync(FileRef file);
}

/// <summary>Finds the owner of a key. Local knowledge only: no waiting.</summary>
public interface INodeDirectory
{
    /// <summary>The node that owns stripe <paramref name="stripe"/> of a key; stripe 0 holds the file's metadata too.</summary>
    ICacheNode OwnerOf(UfsIdentity identity, string key, long stripe);

    /// <summary>Its name, for people.</summary>
    string NameOfOwner(UfsIdentity identity, string key, long stripe);

    /// <summary>The node that answers for directories that belong to no mount, and runs what is node-wide.</summary>
    ICacheNode Local { get; }

    /// <summary>All nodes that may believe something of a path or hold its pages: who writes tells each of them.</summary>
    IReadOnlyList<ICacheNode> All { get; }

    /// <summary>Makes all nodes forget what they believe of a path that has changed, as <see cref="ICacheNode.InvalidateAsync"/> says.</summary>
    async Task ForgetAsync(CachePath path, bool recursive)
    {
        foreach (ICacheNode node in All)
            await node.InvalidateAsync(path, recursive).ConfigureAwait(false);
    }
}
