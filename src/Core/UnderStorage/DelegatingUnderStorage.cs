using Orleans.Cache.Identity;

namespace Orleans.Cache.UnderStorage;

/// <summary>Passes everything on to another under storage, and owns it. Decorators override what they change.</summary>
public abstract class DelegatingUnderStorage(IUnderStorage inner) : IUnderStorage
{
    public virtual UfsIdentity Identity => Inner.Identity;

    public virtual UfsCapabilities Capabilities => Inner.Capabilities;

    public UfsTraffic? Traffic => Inner.Traffic;

    /// <summary>The one that is wrapped.</summary>
    public IUnderStorage Inner { get; } = inner;

    public virtual Task CheckAsync(CancellationToken cancellationToken) => Inner.CheckAsync(cancellationToken);

    public virtual ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken) =>
        Inner.GetStatusAsync(key, cancellationToken);

    public virtual ValueTask<IUfsReader> OpenReadAsync(
        string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken) =>
        Inner.OpenReadAsync(key, version, offset, length, cancellationToken);

    public virtual ValueTask<FirstBytes?> OpenFirstAsync(string key, int length, CancellationToken cancellationToken) =>
        Inner.OpenFirstAsync(key, length, cancellationToken);

    public virtual IAsyncEnumerable<UfsStatus> ListAsync(string key, string? startAfter, CancellationToken cancellationToken) =>
        Inner.ListAsync(key, startAfter, cancellationToken);

    public virtual Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken) =>
        Inner.CreateAsync(key, content, condition, cancellationToken);

    public virtual Task<UfsStatus> CreateObjectAsync(string key, Stream content, ObjectWrite write, CancellationToken cancellationToken) =>
        Inner.CreateObjectAsync(key, content, write, cancellationToken);

    public virtual Task<UfsStatus?> ComposeAsync(string key, IReadOnlyList<UfsPart> parts, ObjectWrite write, CancellationToken cancellationToken) =>
        Inner.ComposeAsync(key, parts, write, cancellationToken);

    public virtual Task CreateDirectoryAsync(string key, CancellationToken cancellationToken) =>
        Inner.CreateDirectoryAsync(key, cancellationToken);

    public virtual Task DeleteAsync(string key, CancellationToken cancellationToken) => Inner.DeleteAsync(key, cancellationToken);

    public virtual Task DeleteFileAsync(string key, WriteCondition condition, CancellationToken cancellationToken) =>
        Inner.DeleteFileAsync(key, condition, cancellationToken);

    public virtual Task RenameAsync(string from, string to, CancellationToken cancellationToken) =>
        Inner.RenameAsync(from, to, cancellationToken);

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Inner.DisposeAsync();
    }
}
