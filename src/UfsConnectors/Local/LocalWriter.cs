using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Local;

/// <summary>
/// Changes below the root. Each works on the pinned parent directory and one name in it, so it cannot be led elsewhere by a
/// link that appears meanwhile; a link itself is replaced, renamed or deleted, never what it points to.
/// </summary>
internal sealed class LocalWriter(LocalRoot root, BlockingCalls blocking)
{
    // Modes before the umask of the process.
    private const uint FileMode = 0x1B6; // 0666
    private const uint DirectoryMode = 0x1FF; // 0777

    // Amortises a write call, and is small beside the pages in flight.
    private const int CopyBytes = 256 * CacheLimits.KiB;

    /// <summary>
    /// 1. A temporary file in the same directory. 2. The content. 3. fsync. 4. rename, and fsync of the directory. The version
    /// is read from the open file after the rename (which moves ctime), so it is that of these bytes even if they are
    /// already replaced. The file's mtime is set from the precise clock: the file system's own clock ticks every few
    /// milliseconds, and a file deleted and made again within a tick may get the same inode and so the same version.
    /// </summary>
    public async Task<UfsStatus> CreateAsync(string key, Stream content, CancellationToken cancellationToken)
    {
        string temporary = LocalKey.TemporaryPrefix + Guid.NewGuid().ToString("N");
        using SafeFileHandle parent = await blocking.RunAsync(() => ParentFor(key), cancellationToken).ConfigureAwait(false);
        using SafeFileHandle file = await blocking.RunAsync(() => OpenNew(parent, temporary, key), cancellationToken).ConfigureAwait(false);
        try
        {
            await CopyAsync(content, file, key, cancellationToken).ConfigureAwait(false);
            return await blocking.RunAsync(() => Commit(parent, temporary, file, key), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // After a rename that succeeded there is nothing of that name.
            _ = Libc.Unlink(parent, temporary, 0);
            throw;
        }
    }

    /// <summary>Gives the pinned directory; makes it and its parents where they are missing.</summary>
    public SafeFileHandle MakeDirectories(string key)
    {
        if (root.Locate(key) is { } there)
            return RequireDirectory(there, key);
        using SafeFileHandle parent = MakeDirectories(LocalKey.ParentOf(key));
        if (Libc.MakeDirectory(parent, LocalKey.NameOf(key), DirectoryMode) != 0 && Libc.Errno != Libc.EEXIST)
            throw LocalError.Of(Libc.Errno, key);
        // Nothing there although the name exists: a link that leads nowhere.
        return RequireDirectory(root.Locate(key) ?? throw LocalError.LeadsOut(key), key);
    }

    public void Delete(string key)
    {
        using SafeFileHandle parent = ParentOf(key);
        string name = LocalKey.NameOf(key);
        int flags = EntryOf(parent, key).IsDirectory ? Libc.AT_REMOVEDIR : 0;
        if (Libc.Unlink(parent, name, flags) != 0)
            throw LocalError.Of(Libc.Errno == Libc.EEXIST ? Libc.ENOTEMPTY : Libc.Errno, key);
    }

    /// <summary>A file replaces a file in one step; a directory moves as a whole and replaces nothing.</summary>
    public void Rename(string from, string to)
    {
        if (to.StartsWith(from + "/", StringComparison.Ordinal))
            throw new CacheException(CacheError.InvalidArgument, $"'{from}' cannot be moved into itself ('{to}').");
        using SafeFileHandle source = ParentOf(from);
        bool isDirectory = EntryOf(source, from).IsDirectory;
        if (from == to)
            return;
        using SafeFileHandle target = MakeDirectories(LocalKey.ParentOf(to));
        uint flags = isDirectory ? Libc.RENAME_NOREPLACE : 0;
        if (Libc.Rename(source, LocalKey.NameOf(from), target, LocalKey.NameOf(to), flags))
            return;
        int errno = Libc.Errno;
        // Network file systems that do not know the flag: without it a directory can replace an empty one at most.
        if (errno == Libc.EINVAL && isDirectory && !Libc.StatEntry(target, LocalKey.NameOf(to), out _)
            && Libc.Rename(source, LocalKey.NameOf(from), target, LocalKey.NameOf(to), 0))
            return;
        throw LocalError.Of(errno == Libc.EISDIR ? Libc.EEXIST : errno, errno == Libc.ENOENT ? from : to);
    }

    private SafeFileHandle ParentFor(string key)
    {
        SafeFileHandle parent = MakeDirectories(LocalKey.ParentOf(key));
        if (!Libc.StatEntry(parent, LocalKey.NameOf(key), out Statx statx) || !statx.IsDirectory)
            return parent;
        parent.Dispose();
        throw LocalError.IsDirectory(key);
    }

    /// <summary>A parent that is missing or a file means that the key is not there.</summary>
    private SafeFileHandle ParentOf(string key)
    {
        SafeFileHandle parent = root.Locate(LocalKey.ParentOf(key)) ?? throw CacheException.NotFound(key);
        if (Libc.Stat(parent, out Statx statx) && statx.IsDirectory)
            return parent;
        parent.Dispose();
        throw CacheException.NotFound(key);
    }

    private static Statx EntryOf(SafeFileHandle parent, string key) =>
        Libc.StatEntry(parent, LocalKey.NameOf(key), out Statx statx) ? statx : throw LocalError.Of(Libc.Errno, key);

    private static SafeFileHandle RequireDirectory(SafeFileHandle handle, string key)
    {
        if (Libc.Stat(handle, out Statx statx) && statx.IsDirectory)
            return handle;
        handle.Dispose();
        throw LocalError.NotADirectory(key);
    }

    private static SafeFileHandle OpenNew(SafeFileHandle parent, string name, string key) =>
        Libc.OpenAt(parent, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, FileMode)
            ?? throw LocalError.Of(Libc.Errno, key);

    private static async Task CopyAsync(Stream content, SafeFileHandle file, string key, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            long position = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                await WriteAsync(file, buffer.AsMemory(0, read), position, key, cancellationToken).ConfigureAwait(false);
                position += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task WriteAsync(SafeFileHandle file, Memory<byte> piece, long position, string key, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(file, piece, position, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CacheException(CacheError.Unavailable, $"'{key}' could not be written to the under storage; it may be full.", e);
        }
    }

    private static UfsStatus Commit(SafeFileHandle parent, string temporary, SafeFileHandle file, string key)
    {
        // Not the engine's clock: this is a file system's time, to be seen by other programs.
        File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime);
        if (Libc.Sync(file) != 0 || !Libc.Rename(parent, temporary, parent, LocalKey.NameOf(key), 0))
            throw LocalError.Of(Libc.Errno, key);
        // The name is durable once its directory is. Some file systems cannot sync a directory; the rename stands all the same.
        using SafeFileHandle? directory = Libc.Reopen(parent, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (directory is not null)
            _ = Libc.Sync(directory);
        return Libc.Stat(file, out Statx statx) ? statx.StatusOf(key) : throw LocalError.Of(Libc.Errno, key);
    }
}
