using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Filling;

/// <summary>Where fills read: the under storage, or before it whoever may have the pages already.</summary>
public interface IFillSource
{
    /// <summary>Opens a range of exactly the file's version, as <see cref="IUnderStorage.OpenReadAsync"/> does.</summary>
    ValueTask<IUfsReader> OpenAsync(FileRef file, long offset, long length, CancellationToken cancellationToken);
}

/// <summary>The under storage that a file belongs to.</summary>
internal sealed class UfsFillSource(Func<UfsIdentity, IUnderStorage> storageOf) : IFillSource
{
    public ValueTask<IUfsReader> OpenAsync(FileRef file, long offset, long length, CancellationToken cancellationToken) =>
        storageOf(file.Identity).OpenReadAsync(file.Key, file.Version, offset, length, cancellationToken);
}
