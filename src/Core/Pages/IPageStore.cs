using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages;

/// <summary>
/// Keeps pages of immutable contents on this machine. A page that is handed out is byte for byte what was written under its
/// <see cref="PageId"/>, or it is a miss: damage, eviction in the middle of a read and lost files all read as misses.
/// </summary>
public interface IPageStore : IAsyncDisposable
{
    /// <summary>
    /// Copies bytes of one page without ever waiting for a device.
    /// </summary>
    /// <param name="file">The content.</param>
    /// <param name="page">Page index.</param>
    /// <param name="offset">First byte within the page.</param>
    /// <param name="destination">At most up to the end of the page; more is an error of the caller.</param>
    /// <returns>Hit: the destination is filled. Miss: it holds garbage. WouldBlock: ask <see cref="ReadAsync"/>.</returns>
    PageRead TryRead(FileRef file, long page, int offset, Span<byte> destination);

    /// <summary>As TryRead, but may wait for the device (never on the caller's thread). False is a miss.</summary>
    ValueTask<bool> ReadAsync(FileRef file, long page, int offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Whether the page is present now. It may be gone when it is read.</summary>
    bool Contains(FileRef file, long page);

    /// <summary>
    /// Whether pages of the key may be here, of whatever version: "no" is certain, "yes" may be of pages that left, or of another key. Without a device, and in constant time.
    /// </summary>
    bool MayHold(UfsIdentity identity, string key);

    /// <summary>Number of bytes of this content that are present.</summary>
    long CachedBytes(FileRef file);

    /// <summary>
    /// Begins to keep one page: takes it, and makes room by eviction first. Null, and nothing is kept, where there is no room,
    /// the page is there already or about to leave, or its store directory is out of service: keeping is best effort, reading
    /// is not.
    /// </summary>
    /// <param name="file">The content.</param>
    /// <param name="page">Page index.</param>
    /// <param name="cancellationToken">Ends waiting for room.</param>
    ValueTask<IPageWrite?> BeginWriteAsync(FileRef file, long page, CancellationToken cancellationToken);

    /// <summary>
    /// Lends the backing file for the leading part of a range whose pages are present and verified, for sendfile(2) and the
    /// like. Until the lease is disposed none of the file's pages is punched (it may be unlinked). Null: not even the first
    /// page is; read it.
    /// </summary>
    BackingLease? TryLease(FileRef file, long offset, long length);

    /// <summary>
    /// Shows a range where it lies in memory, for the kernel to copy it: where the store lies in memory itself and every page of the range is present and verified. False: read it, as one does what
    /// is short. Lends as <see cref="TryLease"/> does; nothing is allocated.
    /// </summary>
    bool TryMap(FileRef file, long offset, int length, out MappedPages pages);

    /// <summary>
    /// Lends the backing file to the kernel, where pages are present and verified from the first on (the caller looks whether that is all). Unlike those of a lease, its readers cannot be
    /// counted: mappings stay when the last descriptor is closed, and when the process ends. So from now on no page of it is ever punched; it leaves as a whole, by being unlinked.
    /// Null as for <see cref="TryLease"/>.
    /// </summary>
    BackingLease? TryHandOver(FileRef file);

    /// <summary>
    /// Drops every cached version of the key, and with <paramref name="recursive"/> of every key below it ("" is the root).
    /// Pages being filled when the call starts may or may not be kept; CacheFileSystem's epochs decide that.
    /// </summary>
    Task<DroppedPages> DropAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken);

    /// <summary>Drops one version of one file, without a search for its name: what writes and abandoned fills use.</summary>
    Task<DroppedPages> DropAsync(FileRef file);

    /// <summary>What <see cref="DropAsync(UfsIdentity, string, bool, CancellationToken)"/> would remove now; removes nothing.</summary>
    Task<DroppedPages> CountAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken);

    /// <summary>
    /// Bounds what is cached of under storages, all store directories together; who is not named has no bound but theirs. What is above leaves at once, in the order of the
    /// eviction policy, and from then on a page of such an under storage makes way for another of the same and for no other's.
    /// </summary>
    /// <param name="quotas">Bytes of allocated blocks.</param>
    void SetQuotas(IReadOnlyDictionary<UfsIdentity, long> quotas);

    /// <summary>Allocated bytes that are cached of an under storage. After a start it grows until the names of what was recovered are read: a second for some million files.</summary>
    long BytesOf(UfsIdentity identity);

    /// <summary>Completes when the eviction under way now, if any, has come to its end.</summary>
    Task EvictionEndedAsync();

    /// <summary>Which pages of a content are here, in at most <paramref name="maxRuns"/> runs; for people, not for reads.</summary>
    PageMap Describe(FileRef file, int maxRuns);

    /// <summary>Figures of each store directory, in configuration order.</summary>
    IReadOnlyList<StoreDirectoryStatus> GetStatus();
}

/// <summary>
/// A page on its way into the store. Its bytes may be offered as they come from the under storage, while the processor still
/// has them at hand; nobody sees the page before it is committed. Disposed without a commit, it was never there.
/// </summary>
/// <remarks>One caller at a time.</remarks>
public interface IPageWrite : IAsyncDisposable
{
    /// <summary>
    /// The first bytes of the page, as many as have come. May write what is new among them, where that waits for nobody; or leaves all
    /// to the commit.
    /// </summary>
    void Offer(ReadOnlySpan<byte> begin);

    /// <summary>Writes what is left and makes the page readable. False, and nothing is kept, where it failed or was dropped meanwhile.</summary>
    /// <param name="page">Exactly the page's bytes, those offered before included.</param>
    ValueTask<bool> CommitAsync(ReadOnlyMemory<byte> page);
}

/// <summary>Whole pages.</summary>
public static class PageStoreExtensions
{
    /// <summary>Keeps a page whose bytes are all there. False where it is not kept; see <see cref="IPageStore.BeginWriteAsync"/>.</summary>
    public static async ValueTask<bool> WriteAsync(this IPageStore store, FileRef file, long page, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        IPageWrite? write = await store.BeginWriteAsync(file, page, cancellationToken).ConfigureAwait(false);
        if (write is null)
            return false;
        await using (write.ConfigureAwait(false))
            return await write.CommitAsync(data).ConfigureAwait(false);
    }
}

/// <summary>How a read of the page store ended.</summary>
public enum PageRead
{
    Miss,
    Hit,
    WouldBlock,
}

/// <summary>What DropAsync removed.</summary>
public readonly record struct DroppedPages(long Files, long Pages, long Bytes)
{
    public static DroppedPages operator +(DroppedPages a, DroppedPages b) => new(a.Files + b.Files, a.Pages + b.Pages, a.Bytes + b.Bytes);
}

/// <summary>
/// A lent range of a backing file: <see cref="Length"/> bytes at <see cref="Offset"/> of <see cref="File"/> are the content's
/// bytes until Dispose. Backing files keep the content's own offsets.
/// </summary>
public abstract class BackingLease(long offset, long length) : IDisposable
{
    public long Offset { get; } = offset;

    public long Length { get; } = length;

    /// <summary>For sendfile(2) and the like. It stays the store's.</summary>
    public abstract SafeFileHandle File { get; }

    /// <summary>Copies bytes from the start of the range. Gives how many: fewer, or none, where a device would have to be waited for.</summary>
    public abstract int TryRead(Span<byte> destination);

    /// <summary>The file did not give what was lent: its pages are compared with their checksums again before anybody else gets them.</summary>
    public abstract void Doubt();

    public abstract void Dispose();
}

/// <summary>Figures of one store directory. Counters run since the process started.</summary>
public sealed record StoreDirectoryStatus
{
    public required string Directory { get; init; }

    /// <summary>Quota in bytes.</summary>
    public required long Capacity { get; init; }

    /// <summary>Allocated bytes: pages rounded up to the file system's block, unlinked files still open included.</summary>
    public required long Used { get; init; }

    public required long Files { get; init; }

    public required long Pages { get; init; }

    /// <summary>Pages that left to make room.</summary>
    public required long Evictions { get; init; }

    /// <summary>Pages that did not match their checksum or could not be read, dropped to be fetched again.</summary>
    public required long Healed { get; init; }

    /// <summary>Pages that the background scrub compared with their checksums, good or not.</summary>
    public required long Scrubbed { get; init; }

    /// <summary>Times that the scrub has gone through all pages.</summary>
    public required long ScrubPasses { get; init; }

    /// <summary>Managed bytes of the index and the eviction policy.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>Null in service, else why the directory left it.</summary>
    public string? OutOfService { get; init; }
}
