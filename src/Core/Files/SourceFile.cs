using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Files;

/// <summary>One version of one file as its under storage has it, read past the cache: nothing is kept, nothing counts as cache traffic.</summary>
public sealed class SourceFile(FileStatus status, IUnderStorage storage)
{
    private readonly FileRef _file = status.RequireFile();

    public FileStatus Status { get; } = status;

    /// <summary>Opens a range, which lies within the file.</summary>
    /// <exception cref="CacheException">Changed, NotFound, AccessDenied, Unavailable.</exception>
    public ValueTask<IUfsReader> OpenAsync(long offset, long length, CancellationToken cancellationToken) =>
        storage.OpenReadAsync(_file.Key, _file.Version, offset, length, cancellationToken);
}
