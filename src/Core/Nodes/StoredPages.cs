using Orleans.Cache.Files;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Nodes;

/// <summary>
/// A node that knows nothing but its page store: what is not there it does not have. What a fill elsewhere reads from it is
/// therefore exactly what this node's own rules let it keep.
/// </summary>
public sealed class StoredPages(string name, int pageSize, IPageStore store) : ICacheNode
{
    public string Name => name;

    public int PageSize => pageSize;

    /// <summary>Whether every page of a range is there now.</summary>
    public bool HasAll(FileRef file, long offset, long length)
    {
        for (long page = offset / pageSize; page * pageSize < offset + length; page++)
        {
            if (!store.Contains(file, page))
                return false;
        }
        return true;
    }

    /// <summary>The file as this node has it.</summary>
    public CacheFile Open(FileStatus status) => new(status, new LocalNodeDirectory(this));

    public async ValueTask<int> ReadAsync(FileRef file, long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken)
    {
        long page = offset / pageSize;
        int inPage = (int)(offset % pageSize);
        Memory<byte> wanted = destination[..Math.Min(destination.Length, file.PageLength(page) - inPage)];
        return await store.ReadAsync(file, page, inPage, wanted, cancellationToken).ConfigureAwait(false)
            ? wanted.Length
            : throw new CacheException(CacheError.NotFound, $"Page {page} of '{file.Key}' is not cached on node '{name}' any more.");
    }

    public BackingLease? TryLease(FileRef file, long offset, long length, long expected) => store.TryLease(file, offset, length);

    public IRangeReader? TryOpenRange(FileRef file, long offset, long length) => null;

    public ValueTask<bool> AwaitPageAsync(FileRef file, long offset, CancellationToken cancellationToken) => new(false);

    public ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken) => new(store.CachedBytes(file));

    public Task DropAsync(FileRef file) => store.DropAsync(file);

    public ValueTask<LoadedPages> LoadAsync(FileRef file, long offset, long length, CancellationToken cancellationToken) => throw KnowsNoPaths();

    public ValueTask<PageMap> DescribePagesAsync(FileRef file, int maxRuns, CancellationToken cancellationToken) => new(store.Describe(file, maxRuns));

    public ValueTask<RecalledStatus?> RecallStatusAsync(CachePath path, CancellationToken cancellationToken) => throw KnowsNoPaths();

    public Task<DroppedPages> CountCachedAsync(CachePath path, bool recursive, CancellationToken cancellationToken) => throw KnowsNoPaths();

    public ValueTask<StatusAnswer> GetStatusAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken) => throw KnowsNoPaths();

    public IAsyncEnumerable<FileStatus> ListAsync(CachePath directory, string? startAfter, CancellationToken cancellationToken) => throw KnowsNoPaths();

    public Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken) => throw KnowsNoPaths();

    public Task InvalidateAsync(CachePath path, bool recursive) => throw KnowsNoPaths();

    private static NotSupportedException KnowsNoPaths() => new("A page store knows contents: no paths, and no source to load from.");
}
