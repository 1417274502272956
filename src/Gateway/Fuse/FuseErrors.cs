using Orleans.Cache.Fuse;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>What fails in the cache, as error numbers. Docs/FUSE.md has the table.</summary>
internal static class FuseErrors
{
    public static int Of(Exception failure) => failure switch
    {
        CacheException e => Of(e.Error),
        FuseException e => e.Errno,
        OperationCanceledException => Errno.Interrupted,
        _ => Errno.Io,
    };

    private static int Of(CacheError error) => error switch
    {
        CacheError.NotFound or CacheError.InvalidPath => Errno.NoEntry,
        // The version that was opened is no longer to be had: who opens again gets the new one.
        CacheError.Changed => Errno.Stale,
        CacheError.IsDirectory => Errno.IsADirectory,
        CacheError.NotADirectory => Errno.NotADirectory,
        CacheError.AccessDenied => Errno.AccessDenied,
        CacheError.ReadOnly => Errno.ReadOnlyFileSystem,
        CacheError.InvalidArgument => Errno.Invalid,
        CacheError.NotSupported => Errno.NotSupported,
        _ => Errno.Io,
    };
}
