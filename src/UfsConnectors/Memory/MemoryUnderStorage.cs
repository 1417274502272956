using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Memory;

/// <summary>
/// <c>mem://name</c>: files in this process's memory, for demonstrations and tests. The identity carries a random epoch, because
/// versions count from one again in the next process and must never be taken for the old ones.
/// </summary>
/// <remarks>
/// Contents are immutable arrays; the tree is guarded by one short lock that is never held over I/O or a caller's code. So a
/// reader keeps the version it opened, and every change is atomic.
/// </remarks>
public sealed class MemoryUnderStorage(string name, TimeProvider time) : IUnderStorage
{
    private readonly Lock _gate = new();
    private readonly MemoryTree _tree = new(time.GetUtcNow());
    private long _versions;

    public UfsIdentity Identity { get; } = new($"mem://{name}/{Guid.NewGuid():N}");

    public UfsCapabilities Capabilities { get; } = new() { CanWrite = true, AtomicIfAbsent = true, AtomicRename = true, RealDirectories = true };

    public ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            return new(_tree.Find(key)?.StatusOf(key));
    }

    public ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        MemoryEntry entry;
        lock (_gate)
            entry = _tree.Find(key) ?? throw CacheException.NotFound(key);
        byte[] content = entry.Content ?? throw MemoryTree.IsDirectory(key);
        if ((version is { } wanted && wanted != entry.Version) || offset > content.Length || length > content.Length - offset)
            throw CacheException.Changed(key);
        return new(new MemoryReader(content.AsMemory((int)offset, (int)length)));
    }

    public async IAsyncEnumerable<UfsStatus> ListAsync(
        string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] names;
        lock (_gate)
            names = _tree.NamesBelow(key, startAfter);
        foreach (string name in names)
        {
            string child = key.Length == 0 ? name : key + '/' + name;
            if (await GetStatusAsync(child, cancellationToken).ConfigureAwait(false) is { } status)
                yield return status;
        }
    }

    public async Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        MemoryTree.RequireEntry(key);
        condition.Require(await GetStatusAsync(key, cancellationToken).ConfigureAwait(false), key);
        using var buffer = new MemoryStream();
        await content.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
        byte[] bytes = buffer.ToArray();
        lock (_gate)
        {
            condition.Require(_tree.Find(key)?.StatusOf(key), key);
            var entry = MemoryEntry.File(bytes, new FileVersion($"v{++_versions}"), time.GetUtcNow());
            _tree.Put(key, entry);
            return entry.StatusOf(key);
        }
    }

    public Task CreateDirectoryAsync(string key, CancellationToken cancellationToken) =>
        Change(() => _tree.MakeDirectories(key, time.GetUtcNow()), cancellationToken);

    public Task DeleteAsync(string key, CancellationToken cancellationToken) => Change(() => _tree.Delete(key), cancellationToken);

    public Task DeleteFileAsync(string key, WriteCondition condition, CancellationToken cancellationToken) => Change(
        () =>
        {
            MemoryTree.RequireEntry(key);
            condition.Require(_tree.Find(key)?.StatusOf(key), key);
            _tree.Delete(key);
        },
        cancellationToken);

    public Task RenameAsync(string from, string to, CancellationToken cancellationToken) => Change(() => _tree.Rename(from, to), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task Change(Action change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            change();
        return Task.CompletedTask;
    }

    private sealed class MemoryReader(ReadOnlyMemory<byte> left) : IUfsReader
    {
        private ReadOnlyMemory<byte> _left = left;

        public bool MayPublish => true;

        public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(destination.Length, _left.Length);
            _left[..count].CopyTo(destination);
            _left = _left[count..];
            return new(count);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
