using System.Collections.Concurrent;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Node.Tests.Rest;

/// <summary>A page store in memory, without a quota.</summary>
internal sealed class MemoryPageStore : IPageStore
{
    private readonly ConcurrentDictionary<PageId, (FileRef File, byte[] Data)> _pages = new();

    public string? OutOfService { get; set; }

    public PageRead TryRead(FileRef file, long page, int offset, Span<byte> destination)
    {
        if (!_pages.TryGetValue(new PageId(file.Id, page), out (FileRef File, byte[] Data) found))
            return PageRead.Miss;
        found.Data.AsSpan(offset, destination.Length).CopyTo(destination);
        return PageRead.Hit;
    }

    public ValueTask<bool> ReadAsync(FileRef file, long page, int offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        new(TryRead(file, page, offset, destination.Span) == PageRead.Hit);

    public bool Contains(FileRef file, long page) => _pages.ContainsKey(new PageId(file.Id, page));

    public long CachedBytes(FileRef file) => _pages.Where(p => p.Key.File == file.Id).Sum(p => (long)p.Value.Data.Length);

    public ValueTask<IPageWrite?> BeginWriteAsync(FileRef file, long page, CancellationToken cancellationToken) => default;

    public BackingLease? TryLease(FileRef file, long offset, long length) => null;

    public Task<DroppedPages> DropAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken)
    {
        var files = new HashSet<FileId>();
        DroppedPages dropped = default;
        foreach ((PageId id, (FileRef file, byte[] data)) in _pages)
        {
            bool below = recursive && (key.Length == 0 || file.Key.StartsWith(key + "/", StringComparison.Ordinal));
            if (file.Identity != identity || (file.Key != key && !below) || !_pages.TryRemove(id, out _))
                continue;
            dropped += new DroppedPages(files.Add(id.File) ? 1 : 0, 1, data.Length);
        }
        return Task.FromResult(dropped);
    }

    public IReadOnlyList<StoreDirectoryStatus> GetStatus() =>
    [
        new StoreDirectoryStatus
        {
            Directory = "memory",
            Capacity = long.MaxValue,
            Used = _pages.Sum(p => (long)p.Value.Data.Length),
            Files = _pages.Select(p => p.Key.File).Distinct().Count(),
            Pages = _pages.Count,
            Evictions = 0,
            Healed = 0,
            Scrubbed = 0,
            ScrubPasses = 0,
            IndexBytes = 24 * _pages.Count,
            OutOfService = OutOfService,
        },
    ];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
