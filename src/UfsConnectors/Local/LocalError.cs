using System.Runtime.InteropServices;

namespace Orleans.Cache.UfsConnectors.Local;

/// <summary>Error numbers in the engine's terms. Texts name the key, never a path of this machine.</summary>
internal static class LocalError
{
    public static CacheException Of(int errno, string key) => errno switch
    {
        Libc.ENOENT => CacheException.NotFound(key),
        Libc.ENOTDIR => new(CacheError.NotADirectory, $"A part of '{key}' is a file, not a directory."),
        Libc.EISDIR => IsDirectory(key),
        Libc.EEXIST => new(CacheError.AlreadyExists, $"'{key}' exists already."),
        Libc.ENOTEMPTY => new(CacheError.NotEmpty, $"The directory '{key}' is not empty; delete its entries first."),
        Libc.EACCES or Libc.EPERM => new(CacheError.AccessDenied, $"The under storage denies access to '{key}'; check owner and mode."),
        Libc.EROFS => new(CacheError.ReadOnly, $"'{key}' lies on a file system that is mounted read-only; mount it writable."),
        Libc.ELOOP => new(CacheError.AccessDenied, $"'{key}' is a link that leads back to itself, or a chain of too many links."),
        Libc.ENAMETOOLONG => new(CacheError.InvalidPath, $"A name in '{key}' is longer than the file system allows."),
        Libc.EINVAL => new(CacheError.InvalidArgument, $"The file system refuses the name or place of '{key}'."),
        Libc.EMFILE or Libc.ENFILE => new(CacheError.Overloaded, "Too many files are open; raise the limit of open files or try again."),
        Libc.ENOSPC or Libc.EDQUOT => new(CacheError.NoSpace, $"No space is left for '{key}' in the under storage; make room there."),
        _ => new(CacheError.Unavailable, $"'{key}' failed in the under storage: {Marshal.GetPInvokeErrorMessage(errno)} ({errno})."),
    };

    public static CacheException IsDirectory(string key) => new(CacheError.IsDirectory, $"'{key}' is a directory.");

    public static CacheException NotADirectory(string key) => new(CacheError.NotADirectory, $"'{key}' is not a directory.");

    public static CacheException Special(string key) =>
        new(CacheError.AccessDenied, $"'{key}' is a pipe, socket or device; only files and directories are served.");

    public static CacheException LeadsOut(string key) =>
        new(CacheError.AccessDenied, $"'{key}' is a link that leads out of the mounted directory, or nowhere; such links are not followed.");
}
