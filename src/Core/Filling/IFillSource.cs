using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Filling;

/// <summary>Where fills read: the under storage, or before it whoever may have the pages already.</summary>
public interface IFillSource
{
    /// <summary>Opens a range of exactly the file's version, as <see cref="IUnderStorage.OpenReadAsync"/> does.</summary>
    ValueTask<IUfsReader> OpenAsync(FileRef file, long offset, long length, CancellationToken cancellationToken);

    /// <summary>Whether a file's first page is read from the under storage by this node, and by nobody else first.</summary>
    bool ReadsUnderStorage(UfsIdentity identity, string key);
}

/// <summary>The under storage that a file belongs to.</summary>
internal sealed class UfsFillSource(Func<UfsIdentity, IUnderStorage> storageOf) : IFillSource
{
    /// <summary>A reference may come from a client: the length in it must be that of the version that is read, or its pages would be cut short.</summary>
    public async ValueTask<IUfsReader> OpenAsync(FileRef file, long offset, long length, CancellationToken cancellationToken)
    {
        IUfsReader reader = await storageOf(file.Identity).OpenReadAsync(file.Key, file.Version, offset, length, cancellationToken).ConfigureAwait(false);
        if (reader.FileLength is null || reader.FileLength == file.Length)
            return reader;
        await reader.DisposeAsync().ConfigureAwait(false);
        throw CacheException.Changed(file.Key);
    }

    public bool ReadsUnderStorage(UfsIdentity identity, string key) => true;
}
