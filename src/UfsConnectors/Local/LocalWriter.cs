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

    // Commits that wait for each other although they write different files: one in so many.
    private const int CommitGates = 64;

    /// <summary>Each held from the check of a condition to the rename, by writes and deletes under a condition only: system calls on one directory.</summary>
    private readonly Lock[] _commits = [.. Enumerable.Range(0, CommitGates).Select(_ => new Lock())];

    /// <summary>
    /// 1. A temporary file in the nearest directory above that exists. 2. The content. 3. fsync. 4. The missing directories, so
    /// that a write given up leaves none, rename, and fsync of the directory. The version
    /// is read from the open file after the rename (which moves ctime), so it is that of these bytes even if they are
    /// already replaced. A write that demands absence is renamed so that it replaces nothing: one of several wins, whoever
    /// they are. Other conditions are checked under a lock that only our own writes take. The file's mtime is set from the precise clock: the file system's own clock ticks every few
    /// milliseconds, and a file deleted and made again within a tick may get the same inode and so the same version.
    /// </summary>
    public async Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        string temporary = UfsKey.TemporaryPrefix + Guid.NewGuid().ToString("N");
        using SafeFileHandle above = await blocking.RunAsync(() => DirectoryFor(key, condition), cancellationToken).ConfigureAwait(false);
        using SafeFileHandle file = await blocking.RunAsync(() => OpenNew(above, temporary, key), cancellationToken).ConfigureAwait(false);
        try
        {
            await CopyAsync(content, file, key, cancellationToken).ConfigureAwait(false);
            return await blocking.RunAsync(() => Commit(above, temporary, file, key, condition), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // After a rename that succeeded there is nothing of that name.
            _ = Libc.Unlink(above, temporary, 0);
            throw;
        }
    }

    /// <summary>Gives the pinned directory; makes it and its parents where they are missing.</summary>
    public SafeFileHandle MakeDirectories(string key)
    {
        if (root.Locate(key) is { } there)
            return RequireDirectory(there, key);
        using SafeFileHandle parent = MakeDirectories(UfsKey.ParentOf(key));
        if (Libc.MakeDirectory(parent, UfsKey.NameOf(key), DirectoryMode) != 0 && Libc.Errno != Libc.EEXIST)
            throw LocalError.Of(Libc.Errno, key);
        // Nothing there although the name exists: a link that leads nowhere.
        return RequireDirectory(root.Locate(key) ?? throw LocalError.LeadsOut(key), key);
    }

    public void Delete(string key)
    {
        using SafeFileHandle parent = ParentOf(key);
        string name = UfsKey.NameOf(key);
        int flags = EntryOf(parent, key).IsDirectory ? Libc.AT_REMOVEDIR : 0;
        if (Libc.Unlink(parent, name, flags) != 0)
            throw LocalError.Of(Libc.Errno == Libc.EEXIST ? Libc.ENOTEMPTY : Libc.Errno, key);
    }

    public void Delete(string key, WriteCondition condition)
    {
        lock (_commits[(uint)key.GetHashCode(StringComparison.Ordinal) % CommitGates])
        {
            condition.Require(StatusOf(key), key);
            Delete(key);
        }
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
        using SafeFileHandle target = MakeDirectories(UfsKey.ParentOf(to));
        uint flags = isDirectory ? Libc.RENAME_NOREPLACE : 0;
        if (Libc.Rename(source, UfsKey.NameOf(from), target, UfsKey.NameOf(to), flags))
            return;
        int errno = Libc.Errno;
        // Network file systems that do not know the flag: without it a directory can replace an empty one at most.
        if (errno == Libc.EINVAL && isDirectory && !Libc.StatEntry(target, UfsKey.NameOf(to), out _)
            && Libc.Rename(source, UfsKey.NameOf(from), target, UfsKey.NameOf(to), 0))
            return;
        throw LocalError.Of(errno == Libc.EISDIR ? Libc.EEXIST : errno, errno == Libc.ENOENT ? from : to);
    }

    /// <summary>The nearest directory above the key that exists: its own, as a rule. What is wrong already is said before the content comes.</summary>
    private SafeFileHandle DirectoryFor(string key, WriteCondition condition)
    {
        if (!condition.IsNone)
            condition.Require(StatusOf(key), key);
        string directory = UfsKey.ParentOf(key);
        SafeFileHandle? above;
        while ((above = root.Locate(directory)) is null)
            directory = UfsKey.ParentOf(directory);
        above = RequireDirectory(above, directory);
        if (directory != UfsKey.ParentOf(key) || !Libc.StatEntry(above, UfsKey.NameOf(key), out Statx statx) || !statx.IsDirectory)
            return above;
        above.Dispose();
        throw LocalError.IsDirectory(key);
    }

    private UfsStatus? StatusOf(string key)
    {
        using SafeFileHandle? found = root.Locate(key);
        return found is not null && Libc.Stat(found, out Statx statx) ? statx.StatusOf(key) : null;
    }

    /// <summary>A parent that is missing or a file means that the key is not there.</summary>
    private SafeFileHandle ParentOf(string key)
    {
        SafeFileHandle parent = root.Locate(UfsKey.ParentOf(key)) ?? throw CacheException.NotFound(key);
        if (Libc.Stat(parent, out Statx statx) && statx.IsDirectory)
            return parent;
        parent.Dispose();
        throw CacheException.NotFound(key);
    }

    private static Statx EntryOf(SafeFileHandle parent, string key) =>
        Libc.StatEntry(parent, UfsKey.NameOf(key), out Statx statx) ? statx : throw LocalError.Of(Libc.Errno, key);

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
            // .NET passes the error number on.
            throw LocalError.Of(e.HResult, key);
        }
    }

    private UfsStatus Commit(SafeFileHandle above, string temporary, SafeFileHandle file, string key, WriteCondition condition)
    {
        // Not the engine's clock: this is a file system's time, to be seen by other programs.
        File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime);
        if (Libc.Sync(file) != 0)
            throw LocalError.Of(Libc.Errno, key);
        using SafeFileHandle parent = MakeDirectories(UfsKey.ParentOf(key));
        lock (_commits[(uint)key.GetHashCode(StringComparison.Ordinal) % CommitGates])
        {
            if (!condition.IsNone && !condition.DemandsAbsence)
                condition.Require(StatusOf(key), key);
            Publish(above, temporary, parent, key, condition);
        }
        // The name is durable once its directory is. Some file systems cannot sync a directory; the rename stands all the same.
        using SafeFileHandle? directory = Libc.Reopen(parent, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (directory is not null)
            _ = Libc.Sync(directory);
        return Libc.Stat(file, out Statx statx) ? statx.StatusOf(key) : throw LocalError.Of(Libc.Errno, key);
    }

    private static void Publish(SafeFileHandle above, string temporary, SafeFileHandle parent, string key, WriteCondition condition)
    {
        string name = UfsKey.NameOf(key);
        bool onlyNew = condition.DemandsAbsence;
        if (Libc.Rename(above, temporary, parent, name, onlyNew ? Libc.RENAME_NOREPLACE : 0))
            return;
        // Network file systems that do not know the flag: a link replaces nothing either.
        if (onlyNew && Libc.Errno == Libc.EINVAL && Libc.Link(above, temporary, parent, name, 0) == 0)
        {
            _ = Libc.Unlink(above, temporary, 0);
            return;
        }
        throw onlyNew && Libc.Errno == Libc.EEXIST ? condition.Failed(key) : LocalError.Of(Libc.Errno, key);
    }
}
