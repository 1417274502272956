using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Writing;

/// <summary>
/// Changes files in their under storage, which is the truth and the commit point, and makes the cache forget what was there.
/// Nothing that was written is put into the cache: the next reader asks.
/// </summary>
/// <remarks>
/// The order of each change: 1. the under storage commits; 2. every node forgets what it believes; 3. pages of the version that
/// was replaced are dropped; 4. the writer is answered. Why a reader who asks after 4 never gets the old file, in any mode:
/// <list type="bullet">
/// <item>It finds no belief: each was stamped before its request started, and 2 moved the counters of all stamps taken until
/// then. A belief stamped after 2 comes from a request that started after 1.</item>
/// <item>A refresh in flight, started before 1 and answered with the old status, carries a stamp from before 2: it is given to
/// those who waited already (they came before 4) and never remembered, and whoever comes after 2 does not join it. The same
/// holds for a listing and for each status learnt from one.</item>
/// <item>2 before 1 would not do: a refresh between the two would learn the old status and keep it.</item>
/// <item>Pages are named by version. A fill of the old version in flight can only bring old bytes under the old name; 3 marks it
/// abandoned, so that they do not stay. One that starts after 1 is refused by the source (Changed).</item>
/// </list>
/// 2 also runs where 1 failed, was cancelled, or nobody knows whether it committed: forgetting what is still true costs a
/// request. Then 3 is left out: the old version may be there still, and a cached page is never wrong, only unused.
/// After 1 nothing is cancelled any more. Directories above are forgotten too: a create makes missing ones, and in storages
/// without real directories a delete ends them. Each change looks at one mount table, the one that it found: a mount that comes meanwhile at the path
/// is not what was meant.
/// </remarks>
internal sealed class WriteThrough(INodeDirectory nodes, Func<MountTable> mounts)
{
    public async Task<FileStatus> CreateAsync(CachePath path, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        MountedKey at = WritableFile(mounts(), path);
        FileRef? replaced = await FileAtAsync(at, path, cancellationToken).ConfigureAwait(false);
        UfsStatus written = await ChangeAsync(path, at, recursive: false, () => at.Mount.Storage.CreateAsync(at.Key, content, condition, cancellationToken)).ConfigureAwait(false);
        return await WrittenAsync(path, at, written, replaced).ConfigureAwait(false);
    }

    public async Task<FileStatus> CreateObjectAsync(CachePath path, Stream content, ObjectWrite write, CancellationToken cancellationToken)
    {
        MountedKey at = WritableFile(mounts(), path);
        FileRef? replaced = await ObjectAtAsync(at, path, cancellationToken).ConfigureAwait(false);
        UfsStatus written = await ChangeAsync(path, at, recursive: false, () => at.Mount.Storage.CreateObjectAsync(at.Key, content, write, cancellationToken)).ConfigureAwait(false);
        return await WrittenAsync(path, at, written, replaced).ConfigureAwait(false);
    }

    /// <summary>Null: the storage cannot make it of these, and nothing has changed.</summary>
    public async Task<FileStatus?> ComposeAsync(CachePath path, IReadOnlyList<FilePart> parts, ObjectWrite write, CancellationToken cancellationToken)
    {
        MountTable table = mounts();
        MountedKey at = WritableFile(table, path);
        if (KeysIn(at.Mount, table, parts) is not { } keys)
            return null;
        FileRef? replaced = await ObjectAtAsync(at, path, cancellationToken).ConfigureAwait(false);
        UfsStatus? written = await ChangeAsync(path, at, recursive: false, () => at.Mount.Storage.ComposeAsync(at.Key, keys, write, cancellationToken)).ConfigureAwait(false);
        return written is null ? null : await WrittenAsync(path, at, written, replaced).ConfigureAwait(false);
    }

    public async Task CreateDirectoryAsync(CachePath path, CancellationToken cancellationToken)
    {
        MountTable table = mounts();
        if (IsMountOrAbove(table, path))
            return;
        MountedKey at = Writable(table, path);
        await ChangeAsync(path, at, recursive: false, () => at.Mount.Storage.CreateDirectoryAsync(at.Key, cancellationToken)).ConfigureAwait(false);
    }

    public async Task DeleteAsync(CachePath path, bool recursive, int atOnce, CancellationToken cancellationToken)
    {
        MountedKey at = WritableEntry(mounts(), path, "deleted");
        FileRef? gone = await FileAtAsync(at, path, cancellationToken).ConfigureAwait(false);
        // A directory that is not empty fails the first attempt: what is deleted at once is a file, a link or an empty directory.
        bool alone = await ChangeAsync(
            path, at, recursive, () => TreeDeletion.DeleteAsync(at.Mount.Storage, at.Key, recursive, atOnce, cancellationToken)).ConfigureAwait(false);
        await (alone ? DropAsync(gone) : DropTreeAsync(path)).ConfigureAwait(false);
    }

    public async Task DeleteFileAsync(CachePath path, WriteCondition condition, CancellationToken cancellationToken)
    {
        MountedKey at = WritableEntry(mounts(), path, "deleted");
        FileRef? gone = await FileAtAsync(at, path, cancellationToken).ConfigureAwait(false);
        await ChangeAsync(path, at, recursive: false, () => at.Mount.Storage.DeleteFileAsync(at.Key, condition, cancellationToken)).ConfigureAwait(false);
        await DropAsync(gone).ConfigureAwait(false);
    }

    public async Task RenameAsync(CachePath from, CachePath to, CancellationToken cancellationToken)
    {
        MountTable table = mounts();
        MountedKey source = WritableEntry(table, from, "moved");
        MountedKey target = WritableEntry(table, to, "replaced");
        if (source.Mount != target.Mount)
            throw new CacheException(CacheError.NotSupported, $"'{from}' and '{to}' belong to different mounts, between which nothing can be moved; copy it and delete the original.");
        FileRef? moved = await FileAtAsync(source, from, cancellationToken).ConfigureAwait(false);
        FileRef? replaced = await FileAtAsync(target, to, cancellationToken).ConfigureAwait(false);
        await ChangeAsync(
            from, source, recursive: true,
            () => ChangeAsync(to, target, recursive: true, () => target.Mount.Storage.RenameAsync(source.Key, target.Key, cancellationToken)))
            .ConfigureAwait(false);
        await DropAsync(replaced).ConfigureAwait(false);
        await (moved is null ? DropTreeAsync(from) : DropAsync(moved)).ConfigureAwait(false);
    }

    /// <summary>Step 3 of a file that was written, and what is told of it.</summary>
    private async Task<FileStatus> WrittenAsync(CachePath path, MountedKey at, UfsStatus written, FileRef? replaced)
    {
        await DropAsync(replaced).ConfigureAwait(false);
        return DirectoryReader.StatusOf(at.Mount, at.Key, path, written, nodes.Local.PageSize);
    }

    /// <summary>Null: one of them lies in another mount.</summary>
    private static List<UfsPart>? KeysIn(Mount mount, MountTable table, IReadOnlyList<FilePart> parts)
    {
        var keys = new List<UfsPart>(parts.Count);
        foreach (FilePart part in parts)
        {
            if (!table.TryResolve(part.Path, out MountedKey at) || at.Mount != mount)
                return null;
            keys.Add(new UfsPart(at.Key, part.Version, part.Length, part.Md5));
        }
        return keys;
    }

    private static MountedKey WritableFile(MountTable table, CachePath path) => IsMountOrAbove(table, path)
        ? throw new CacheException(CacheError.IsDirectory, $"'{path}' is a mount or leads to one; name a file below a mount.")
        : Writable(table, path);

    /// <summary>The mount that takes a change of the path.</summary>
    /// <exception cref="CacheException">NotFound, ReadOnly, NotSupported.</exception>
    private static MountedKey Writable(MountTable table, CachePath path)
    {
        if (!table.TryResolve(path, out MountedKey at))
            throw new CacheException(CacheError.NotFound, $"No mount holds '{path}'; write below one of the mounts.");
        if (!at.Mount.IsWritable)
            throw new CacheException(CacheError.ReadOnly, $"'{path}' lies in the mount '{at.Mount.Path}', which is read-only; mount it with option rw to write to it.");
        if (!at.Mount.Storage.Capabilities.CanWrite)
            throw new CacheException(CacheError.NotSupported, $"'{path}' lies in the mount '{at.Mount.Path}', whose under storage cannot be written to.");
        return at;
    }

    private static MountedKey WritableEntry(MountTable table, CachePath path, string change)
    {
        if (IsMountOrAbove(table, path))
            throw new CacheException(CacheError.InvalidArgument, $"'{path}' is a mount or leads to one and cannot be {change}; name an entry below a mount.");
        return Writable(table, path);
    }

    /// <summary>Such directories are there by the mount table's word.</summary>
    private static bool IsMountOrAbove(MountTable table, CachePath path) => table.Mounts.Any(mount => mount.Path.IsWithin(path));

    /// <summary>
    /// The file that is believed to be there, whose pages a change leaves unused. A belief that is out of date leaves those of another
    /// version to eviction. So does a source that does not answer.
    /// </summary>
    private async ValueTask<FileRef?> FileAtAsync(MountedKey at, CachePath path, CancellationToken cancellationToken)
    {
        try
        {
            StatusAnswer answer = await nodes.OwnerOf(at.Mount.Storage.Identity, at.Key, 0).GetStatusAsync(path, cancellationToken).ConfigureAwait(false);
            return answer.Status?.File;
        }
        catch (CacheException)
        {
            return null;
        }
    }

    /// <summary>Nothing is asked of an object store for the sake of pages that a write leaves unused: what is not believed is left to eviction.</summary>
    private ValueTask<FileRef?> ObjectAtAsync(MountedKey at, CachePath path, CancellationToken cancellationToken) =>
        at.Mount.Storage.Capabilities.RealDirectories ? FileAtAsync(at, path, cancellationToken) : BelievedFileAsync(at, path, cancellationToken);

    private async ValueTask<FileRef?> BelievedFileAsync(MountedKey at, CachePath path, CancellationToken cancellationToken)
    {
        try
        {
            return (await nodes.OwnerOf(at.Mount.Storage.Identity, at.Key, 0).RecallStatusAsync(path, cancellationToken).ConfigureAwait(false))?.Answer.Status?.File;
        }
        catch (CacheException)
        {
            return null;
        }
    }

    /// <summary>Steps 1 and 2. Errors of the under storage name its key; users know the path.</summary>
    private async Task<T> ChangeAsync<T>(CachePath path, MountedKey at, bool recursive, Func<Task<T>> change)
    {
        try
        {
            return await change().ConfigureAwait(false);
        }
        catch (CacheException e) when (at.Key.Length > 0 && e.Message.Contains($"'{at.Key}'", StringComparison.Ordinal))
        {
            throw new CacheException(e.Error, e.Message.Replace($"'{at.Key}'", $"'{path}'", StringComparison.Ordinal), e);
        }
        finally
        {
            await nodes.ForgetAsync(path, recursive).ConfigureAwait(false);
            await ForgetElsewhereAsync(path, at, recursive).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Step 2 of a change whose mount has left the path meanwhile: nodes find all places of what they are told of, but the path does not lead to it any more. So they are
    /// told of the places that other mounts show it at.
    /// </summary>
    private async ValueTask ForgetElsewhereAsync(CachePath path, MountedKey changed, bool recursive)
    {
        MountTable now = mounts();
        if (now.TryResolve(path, out MountedKey there) && there.Key == changed.Key && there.Mount.Storage.Identity == changed.Mount.Storage.Identity)
            return;
        foreach (MountedKey shown in now.Appearances(changed))
        {
            if (shown.TryGetPath(out CachePath appearance))
                await nodes.ForgetAsync(appearance, recursive).ConfigureAwait(false);
        }
    }

    private Task<bool> ChangeAsync(CachePath path, MountedKey at, bool recursive, Func<Task> change) => ChangeAsync(path, at, recursive, async () =>
    {
        await change().ConfigureAwait(false);
        return true;
    });

    /// <summary>Step 3, of a file.</summary>
    private async Task DropAsync(FileRef? file)
    {
        foreach (ICacheNode node in file is null ? [] : nodes.All)
            await node.DropAsync(file!).ConfigureAwait(false);
    }

    /// <summary>Step 3, of a directory. The change is made: a node that is lost keeps pages that nobody asks for, until it evicts them.</summary>
    private async Task DropTreeAsync(CachePath path)
    {
        foreach (ICacheNode node in nodes.All)
        {
            try
            {
                await node.FreeAsync(path, recursive: true, CancellationToken.None).ConfigureAwait(false);
            }
            catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
            {
                // See above.
            }
        }
    }
}
