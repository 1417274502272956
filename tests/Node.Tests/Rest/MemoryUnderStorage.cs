using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Rest;

/// <summary>An under storage in memory: keys in ordinal order, directories where keys lie below, a new version with each write.</summary>
internal sealed class MemoryUnderStorage(string name) : IUnderStorage
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Entry> _files = new(StringComparer.Ordinal);
    private int _versions;

    public UfsIdentity Identity { get; } = new("mem://" + name);

    public UfsCapabilities Capabilities { get; } = new() { CanWrite = true, AtomicRename = true };

    /// <summary>Thrown by every status request while it is set: the storage is down.</summary>
    public CacheException? Failure { get; set; }

    /// <summary>Status requests wait for this while it is set: the storage hangs.</summary>
    public Func<CancellationToken, Task>? Stall { get; set; }

    public FileVersion Put(string key, byte[] content, DateTimeOffset? lastModified = null)
    {
        lock (_gate)
        {
            var version = new FileVersion($"v{++_versions}");
            _files[key] = new Entry(content, version, lastModified ?? new DateTimeOffset(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero));
            return version;
        }
    }

    public async ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        if (Stall is { } stall)
            await stall(cancellationToken);
        if (Failure is { } failure)
            throw failure;
        lock (_gate)
            return StatusOf(key);
    }

    public ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(key, out Entry? entry))
                throw CacheException.NotFound(key);
            if (version is { } wanted && wanted != entry.Version)
                throw CacheException.Changed(key);
            return new(new Reader(entry.Content.AsMemory((int)offset, (int)length)));
        }
    }

    public async IAsyncEnumerable<UfsStatus> ListAsync(string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        UfsStatus[] entries;
        lock (_gate)
        {
            UfsStatus status = StatusOf(key) ?? throw CacheException.NotFound(key);
            if (!status.IsDirectory)
                throw new CacheException(CacheError.NotADirectory, $"'{key}' is a file.");
            string prefix = key.Length == 0 ? "" : key + "/";
            entries = [.. _files.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Select(k => k[prefix.Length..].Split('/')[0])
                .Distinct().Where(n => startAfter is null || string.CompareOrdinal(n, startAfter) > 0)
                .Order(StringComparer.Ordinal).Select(n => StatusOf(prefix + n)!)];
        }
        foreach (UfsStatus entry in entries)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    public async Task<UfsStatus> CreateAsync(string key, Stream content, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        Put(key, bytes.ToArray());
        return (await GetStatusAsync(key, cancellationToken))!;
    }

    public Task CreateDirectoryAsync(string key, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        lock (_gate)
            return _files.Remove(key) ? Task.CompletedTask : throw CacheException.NotFound(key);
    }

    public Task RenameAsync(string from, string to, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_files.Remove(from, out Entry? entry))
                throw CacheException.NotFound(from);
            _files[to] = entry;
            return Task.CompletedTask;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private UfsStatus? StatusOf(string key)
    {
        if (_files.TryGetValue(key, out Entry? entry))
            return new UfsStatus(key, false, entry.Content.Length, entry.LastModified, entry.Version);
        bool leads = key.Length == 0 || _files.Keys.Any(k => k.StartsWith(key + "/", StringComparison.Ordinal));
        return leads ? new UfsStatus(key, true, 0, DateTimeOffset.UnixEpoch, default) : null;
    }

    private sealed record Entry(byte[] Content, FileVersion Version, DateTimeOffset LastModified);

    private sealed class Reader(ReadOnlyMemory<byte> content) : IUfsReader
    {
        private int _at;

        public bool MayPublish => true;

        public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            int count = Math.Min(destination.Length, content.Length - _at);
            content.Slice(_at, count).CopyTo(destination);
            _at += count;
            return new(count);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
