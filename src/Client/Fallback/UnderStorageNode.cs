using Orleans.Cache.Client.Telemetry;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Client.Fallback;

/// <summary>The last resort of a client: reads straight from the under storages, keeps nothing, believes nothing.</summary>
internal sealed class UnderStorageNode : ICacheNode, IDisposable
{
    private readonly Func<MountTable> _mounts;
    private readonly CacheCounters _counters = new();
    private readonly MetadataCache _metadata;

    public UnderStorageNode(Func<MountTable> mounts, int pageSize, TimeProvider time)
    {
        _mounts = mounts;
        PageSize = pageSize;
        _metadata = new MetadataCache(mounts, pageSize, new CacheLimits(), _counters, time);
    }

    public string Name => "under storage";

    public int PageSize { get; }

    public ValueTask<StatusAnswer> GetStatusAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken) => _metadata.GetAsync(path, wish, cancellationToken);

    public IAsyncEnumerable<FileStatus> ListAsync(CachePath directory, string? startAfter, CancellationToken cancellationToken) =>
        _metadata.ListAsync(directory, startAfter, cancellationToken);

    public async ValueTask<int> ReadAsync(FileRef file, long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken)
    {
        var range = new Range(_mounts().StorageOf(file.Identity), file, offset, Math.Min(destination.Length, file.Length - offset));
        await using (range.ConfigureAwait(false))
            return await range.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
    }

    public IRangeReader? TryOpenRange(FileRef file, long offset, long length) => new Range(_mounts().StorageOf(file.Identity), file, offset, length);

    public BackingLease? TryLease(FileRef file, long offset, long length, long expected) => null;

    public ValueTask<bool> AwaitPageAsync(FileRef file, long offset, CancellationToken cancellationToken) => new(false);

    public ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken) => throw Cluster.RoutedNode.NoneLeft();

    public ValueTask<LoadedPages> LoadAsync(FileRef file, long offset, long length, CancellationToken cancellationToken) => throw Cluster.RoutedNode.NoneLeft();

    public ValueTask<PageMap> DescribePagesAsync(FileRef file, int maxRuns, CancellationToken cancellationToken) => throw Cluster.RoutedNode.NoneLeft();

    public ValueTask<RecalledStatus?> RecallStatusAsync(CachePath path, CancellationToken cancellationToken) => throw Cluster.RoutedNode.NoneLeft();

    public Task<DroppedPages> CountCachedAsync(CachePath path, bool recursive, CancellationToken cancellationToken) => throw Cluster.RoutedNode.NoneLeft();

    public Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken) => throw Cluster.RoutedNode.NoneLeft();

    public Task InvalidateAsync(CachePath path, bool recursive) => throw Cluster.RoutedNode.NoneLeft();

    public Task DropAsync(FileRef file) => throw Cluster.RoutedNode.NoneLeft();

    public void Dispose() => _counters.Dispose();

    private sealed class Range(IUnderStorage storage, FileRef file, long offset, long length) : IRangeReader
    {
        private IUfsReader? _reader;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            _reader ??= await storage.OpenReadAsync(file.Key, file.Version, offset, length, cancellationToken).ConfigureAwait(false);
            int read = await _reader.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
            ClientTelemetry.FallbackBytes.Add(read);
            return read;
        }

        public ValueTask DisposeAsync() => _reader?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
