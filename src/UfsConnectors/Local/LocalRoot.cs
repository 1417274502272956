using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.UfsConnectors.Local;

/// <summary>
/// Finds what a key names, and never anything outside the root, whatever is renamed or replaced meanwhile.
/// </summary>
/// <remarks>
/// Invariants:
/// - A handle that is given out names an object that lay below the root when it was resolved: the kernel resolved it beneath
///   the root (openat2), or told the object's own path after it was pinned, and that path lies below the root's.
/// - Handles are O_PATH: locating opens nothing, so a pipe cannot block and a device notices nothing. Whoever wants the bytes
///   looks at the type first and reopens the very same object (<see cref="Libc.Reopen"/>), never its name.
/// - The root is opened by its path each time, so that a directory swapped for a new edition is seen.
/// openat2 refuses absolute links even where they point below the root (datasets are full of them). They, and kernels
/// without openat2 (before 5.6, or behind an old sandbox), take the second way. It walks links outside the root, but only
/// to pin an object; one that lies outside is let go unopened. Needs /proc.
/// </remarks>
internal sealed class LocalRoot
{
    // A rename anywhere can make the kernel give up on a ".." in a link; so many in a row mean that renames never stop.
    private const int MaxRaces = 64;

    private readonly string _path;
    private readonly bool _beneath;

    /// <param name="directory">Absolute path.</param>
    /// <param name="beneath">Let the kernel resolve beneath the root; false takes the second way always, as old kernels do.</param>
    /// <exception cref="CacheException">InvalidArgument: no such directory.</exception>
    public LocalRoot(string directory, bool beneath = true)
    {
        _beneath = beneath;
        if (!Path.IsPathRooted(directory))
            throw new CacheException(CacheError.InvalidArgument, $"'{directory}' is not an absolute path; write one that starts with '/'.");
        using SafeFileHandle handle = Libc.Open(directory, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC)
            ?? throw new CacheException(CacheError.InvalidArgument, $"Cannot mount '{directory}': {LocalError.Of(Libc.Errno, directory).Message}");
        _path = Libc.PathOf(handle) is { } raw && UfsKey.Decode(raw) is { } path ? path
            : throw new CacheException(CacheError.InvalidArgument, $"The real path of '{directory}' is not valid UTF-8 or too long.");
    }

    /// <summary>The real path of the root, links resolved.</summary>
    public string RealPath => _path;

    /// <summary>Locates without waiting for a disk: false where only <see cref="Locate"/> can tell.</summary>
    public bool TryLocateCached(string key, out SafeFileHandle? found)
    {
        using SafeFileHandle root = Open();
        return TryResolve(root, key, Libc.RESOLVE_CACHED, out found, out _);
    }

    /// <summary>Pins what the key names; null where nothing is there or a parent is a file.</summary>
    /// <exception cref="CacheException">AccessDenied: no permission, a link out of the root, a loop of links.</exception>
    public SafeFileHandle? Locate(string key)
    {
        using SafeFileHandle root = Open();
        int errno = 0;
        for (int race = 0; race < MaxRaces; race++)
        {
            if (TryResolve(root, key, 0, out SafeFileHandle? found, out errno))
                return found;
            if (errno != Libc.EAGAIN)
                break;
        }
        return LocateByRealPath(root, key, throughLink: errno == Libc.EXDEV);
    }

    /// <summary>Pins a directory that must be there.</summary>
    /// <exception cref="CacheException">NotFound, NotADirectory, AccessDenied.</exception>
    public SafeFileHandle LocateDirectory(string key)
    {
        SafeFileHandle found = Locate(key) ?? throw CacheException.NotFound(key);
        if (Libc.Stat(found, out Statx statx) && statx.IsDirectory)
            return found;
        found.Dispose();
        throw LocalError.NotADirectory(key);
    }

    /// <summary>
    /// Whether <paramref name="directory"/> is the root or lies below it, links resolved. Of a directory that does not exist
    /// yet, its nearest existing ancestor decides.
    /// </summary>
    public bool Contains(string directory)
    {
        using SafeFileHandle root = Open();
        if (!Libc.Stat(root, out Statx rootStat))
            return false;
        SafeFileHandle? handle = null;
        for (string? path = Path.GetFullPath(directory); path is not null && handle is null; path = Path.GetDirectoryName(path))
            handle = Libc.Open(path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        // Up through the real parents: a bind mount of the root under another name is recognised as well.
        (ulong, ulong) below = default;
        while (handle is not null && Libc.Stat(handle, out Statx statx) && statx.Object != below)
        {
            if (statx.Object == rootStat.Object)
            {
                handle.Dispose();
                return true;
            }
            below = statx.Object;
            SafeFileHandle? parent = Libc.OpenAt(handle, "..", Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
            handle.Dispose();
            handle = parent;
        }
        handle?.Dispose();
        return false;
    }

    private SafeFileHandle Open() => Libc.Open(_path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC)
        ?? throw new CacheException(CacheError.Unavailable, $"The mounted directory '{_path}' cannot be opened; check that it still exists.");

    /// <summary>The kernel's resolution beneath the root. False: it could not decide, <paramref name="errno"/> says why.</summary>
    private bool TryResolve(SafeFileHandle root, string key, ulong extra, out SafeFileHandle? found, out int errno)
    {
        const ulong Resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_MAGICLINKS;
        found = _beneath ? Libc.OpenBeneath(root, key.Length == 0 ? "." : key, Libc.O_PATH | Libc.O_CLOEXEC, Resolve | extra) : null;
        errno = !_beneath ? Libc.ENOSYS : found is null ? Libc.Errno : 0;
        switch (errno)
        {
            case 0 or Libc.ENOENT or Libc.ENOTDIR or Libc.ENAMETOOLONG:
                return true;
            case Libc.EAGAIN or Libc.EXDEV or Libc.ENOSYS or Libc.EPERM or Libc.EINVAL:
                // EPERM: old sandboxes answer it for calls they do not know. EINVAL: RESOLVE_CACHED before Linux 5.12.
                return false;
            default:
                throw LocalError.Of(errno, key);
        }
    }

    /// <summary>Pins through any link, then asks where the object lies. Whether something exists outside is not told.</summary>
    private static SafeFileHandle? LocateByRealPath(SafeFileHandle root, string key, bool throughLink)
    {
        SafeFileHandle? found = Libc.OpenAt(root, key.Length == 0 ? "." : key, Libc.O_PATH | Libc.O_CLOEXEC);
        if (found is null)
        {
            return Libc.Errno switch
            {
                _ when throughLink => throw LocalError.LeadsOut(key),
                Libc.ENOENT or Libc.ENOTDIR or Libc.ENAMETOOLONG => null,
                int errno => throw LocalError.Of(errno, key),
            };
        }
        if (Libc.PathOf(root) is { } rootPath && Libc.PathOf(found) is { } path && IsWithin(path, rootPath))
            return found;
        found.Dispose();
        throw LocalError.LeadsOut(key);
    }

    private static bool IsWithin(ReadOnlySpan<byte> path, ReadOnlySpan<byte> root) =>
        root.SequenceEqual("/"u8) || (path.StartsWith(root) && (path.Length == root.Length || path[root.Length] == (byte)'/'));
}
