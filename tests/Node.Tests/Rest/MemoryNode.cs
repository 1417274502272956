using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Rest;

/// <summary>A node that believes nothing and keeps pages in memory: every status asks the under storage, every page is filled once.</summary>
internal sealed class MemoryNode(Func<MountTable> mounts, MemoryPageStore store, CacheCounters counters) : ICacheNode, INodeDirectory
{
    /// <summary>Small, so that short files have several pages.</summary>
    public const int PageSize = 64 * CacheLimits.KiB;

    public string Name => "memory";

    public ICacheNode Local => this;

    /// <summary>Called before each read of the engine: where a test changes the world.</summary>
    public Func<FileRef, long, ValueTask>? BeforeRead { get; set; }

    public ICacheNode OwnerOf(UfsIdentity identity, string key, long stripe) => this;

    public async ValueTask<StatusAnswer> GetStatusAsync(CachePath path, CancellationToken cancellationToken)
    {
        if (mounts().TryResolve(path, out MountedKey mounted))
        {
            UfsStatus? found = await mounted.Mount.Storage.GetStatusAsync(mounted.Key, cancellationToken);
            if (found is not null)
                return new(StatusOf(path, mounted.Mount.Storage, found), TimeSpan.FromSeconds(60));
        }
        return mounts().LeadsToMount(path) && !mounts().Mounts.Any(m => m.Path == path)
            ? new(new FileStatus(path, DateTimeOffset.UnixEpoch, null), TimeSpan.MaxValue)
            : default;
    }

    public async IAsyncEnumerable<FileStatus> ListAsync(
        CachePath directory, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (mounts().TryResolve(directory, out MountedKey mounted))
        {
            await foreach (UfsStatus entry in mounted.Mount.Storage.ListAsync(mounted.Key, startAfter, cancellationToken))
                yield return StatusOf(directory.Combine(entry.Name), mounted.Mount.Storage, entry);
            yield break;
        }
        IReadOnlyList<string> names = mounts().MountNamesBelow(directory);
        if (names.Count == 0)
            throw CacheException.NotFound(directory.Value);
        foreach (string name in names.Where(n => startAfter is null || string.CompareOrdinal(n, startAfter) > 0))
            yield return new FileStatus(directory.Combine(name), DateTimeOffset.UnixEpoch, null);
    }

    public async ValueTask<int> ReadAsync(FileRef file, long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken)
    {
        if (BeforeRead is { } hook)
            await hook(file, offset);
        long page = offset / PageSize;
        int within = (int)(offset % PageSize);
        int count = Math.Min(destination.Length, file.PageLength(page) - within);
        if (store.TryRead(file, page, within, destination.Span[..count]) == PageRead.Hit)
        {
            counters.Hits.Increment();
            counters.BytesFromCache.Add(count);
            return count;
        }
        byte[] filled = await FillAsync(file, page, cancellationToken);
        filled.AsSpan(within, count).CopyTo(destination.Span);
        return count;
    }

    public BackingLease? TryLease(FileRef file, long offset, long length, long expected) => null;

    public ValueTask<bool> AwaitPageAsync(FileRef file, long offset, CancellationToken cancellationToken) => new(false);

    public ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken) => new(store.CachedBytes(file));

    public Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken) =>
        mounts().TryResolve(path, out MountedKey mounted)
            ? store.DropAsync(mounted.Mount.Storage.Identity, mounted.Key, recursive, cancellationToken)
            : throw CacheException.NotFound(path.Value);

    public void Invalidate(CachePath path, bool recursive)
    {
        // Nothing is believed, so there is nothing to forget.
    }

    private async Task<byte[]> FillAsync(FileRef file, long page, CancellationToken cancellationToken)
    {
        counters.Misses.Increment();
        byte[] data = new byte[file.PageLength(page)];
        await using IUfsReader reader = await mounts().StorageOf(file.Identity)
            .OpenReadAsync(file.Key, file.Version, page * PageSize, data.Length, cancellationToken);
        for (int at = 0; at < data.Length;)
            at += await reader.ReadAsync(data.AsMemory(at), cancellationToken);
        counters.BytesFromUfs.Add(data.Length);
        counters.PagesFilled.Increment();
        await store.WriteAsync(file, page, data, cancellationToken);
        return data;
    }

    private static FileStatus StatusOf(CachePath path, IUnderStorage storage, UfsStatus status) => new(
        path, status.LastModified,
        status.IsDirectory ? null : new FileRef(storage.Identity, status.Key, status.Version, status.Length, PageSize));
}
