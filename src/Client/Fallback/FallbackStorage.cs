using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Client.Fallback;

/// <summary>
/// A mount's under storage as a client has it: opened when it is first needed, for reading only. Where the client has no way to it,
/// every request says that no node answers, which is why it was asked.
/// </summary>
internal sealed class FallbackStorage(UfsIdentity identity, Func<UfsIdentity, IUnderStorage?>? open) : IUnderStorage
{
    private readonly Lazy<IUnderStorage?> _storage = new(() => open?.Invoke(identity));

    public UfsIdentity Identity => identity;

    public UfsCapabilities Capabilities { get; } = new();

    /// <summary>Whether the client may be able to read it.</summary>
    public bool IsConfigured => open is not null && (!_storage.IsValueCreated || _storage.Value is not null);

    public ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken) => Storage().GetStatusAsync(key, cancellationToken);

    public ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken) =>
        Storage().OpenReadAsync(key, version, offset, length, cancellationToken);

    public IAsyncEnumerable<UfsStatus> ListAsync(string key, string? startAfter, CancellationToken cancellationToken) =>
        Storage().ListAsync(key, startAfter, cancellationToken);

    public Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken) => throw WritesGoThroughNodes();

    public Task CreateDirectoryAsync(string key, CancellationToken cancellationToken) => throw WritesGoThroughNodes();

    public Task DeleteAsync(string key, CancellationToken cancellationToken) => throw WritesGoThroughNodes();

    public Task RenameAsync(string from, string to, CancellationToken cancellationToken) => throw WritesGoThroughNodes();

    public ValueTask DisposeAsync() => _storage.IsValueCreated && _storage.Value is { } storage ? storage.DisposeAsync() : ValueTask.CompletedTask;

    private IUnderStorage Storage() => _storage.Value ?? throw Cluster.RoutedNode.NoneLeft();

    /// <summary>A node that did not know of a write would go on serving the old version.</summary>
    private static CacheException WritesGoThroughNodes() => new(CacheError.NotSupported, "Writes go through a node of the cluster.");
}
