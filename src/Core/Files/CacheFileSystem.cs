using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Files;

/// <summary>
/// The one file API of all front-ends: path in, owner asked, answer out. Holds no state of its own; what is cached is the
/// nodes' business, where it is the directory's.
/// </summary>
/// <param name="nodes">Who owns what.</param>
/// <param name="mounts">The mount table now.</param>
/// <param name="time">Ages what <see cref="HotFiles"/> counts; null is the system's.</param>
public sealed class CacheFileSystem(INodeDirectory nodes, Func<MountTable> mounts, TimeProvider? time = null)
{
    private readonly WriteThrough _writes = new(nodes, mounts);

    /// <summary>The mounts now.</summary>
    public MountTable Mounts => mounts();

    /// <summary>Whether nodes other than this one keep pages too.</summary>
    public bool HasOtherNodes => nodes.All.Count > 1;

    /// <summary>Bytes of a page of all files.</summary>
    public int PageSize => nodes.Local.PageSize;

    /// <summary>What is opened most.</summary>
    public HotFiles HotFiles { get; } = new(time ?? TimeProvider.System);

    /// <summary>Status of a path.</summary>
    /// <exception cref="CacheException">NotFound, AccessDenied, Unavailable.</exception>
    public ValueTask<FileStatus> GetStatusAsync(CachePath path, CancellationToken cancellationToken) => GetStatusAsync(path, StatusWish.Nothing, cancellationToken);

    private ValueTask<FileStatus> GetStatusAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken)
    {
        ValueTask<StatusAnswer> answer = TryGetStatusAsync(path, wish, cancellationToken);
        return answer.IsCompletedSuccessfully ? new(Found(answer.Result)) : Awaited();

        async ValueTask<FileStatus> Awaited() => Found(await answer.ConfigureAwait(false));

        FileStatus Found(StatusAnswer found) => found.Status ?? throw CacheException.NotFound(path.Value);
    }

    /// <summary>Status of a path and how long it may be believed; Status null where nothing is there.</summary>
    public ValueTask<StatusAnswer> TryGetStatusAsync(CachePath path, CancellationToken cancellationToken) => TryGetStatusAsync(path, StatusWish.Nothing, cancellationToken);

    /// <summary>As the other overload, and what is wished beyond it.</summary>
    public ValueTask<StatusAnswer> TryGetStatusAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken) =>
        OwnerOf(path).GetStatusAsync(path, wish, cancellationToken);

    /// <summary>Status of a path as its under storage tells it now, whatever is believed; null: nothing is there. Nothing of it is remembered.</summary>
    /// <exception cref="CacheException">AccessDenied, Unavailable.</exception>
    public async ValueTask<FileStatus?> AskStatusAsync(CachePath path, CancellationToken cancellationToken)
    {
        if (!mounts().TryResolve(path, out MountedKey at))
            return null;
        try
        {
            UfsStatus? status = await at.Mount.Storage.GetStatusAsync(at.Key, cancellationToken).ConfigureAwait(false);
            return status is null ? null : DirectoryReader.StatusOf(at.Mount, at.Key, path, status, OwnerOf(path).PageSize);
        }
        catch (CacheException e) when (e.Error is CacheError.NotFound or CacheError.NotADirectory)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether the under storage has something else now than what is believed of a path; every node forgets it then, and who asks again is told. For readers who demand a
    /// version that is not the believed one: they may have it from a node that asked later, and only the under storage can tell which of the two is gone.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="believed">What was answered; null: that nothing is there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CacheException">AccessDenied, Unavailable.</exception>
    public async ValueTask<bool> DisproveAsync(CachePath path, FileStatus? believed, CancellationToken cancellationToken)
    {
        FileStatus? now = await AskStatusAsync(path, cancellationToken).ConfigureAwait(false);
        if (Equals(now?.File, believed?.File))
            return false;
        await nodes.ForgetAsync(path, recursive: false).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Opens a file: fixes one version, of which every later read of the handle gives bytes or fails with Changed.
    /// Completes synchronously where the status is believed.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="wish">What is wanted with it; who reads from the start, or does not know yet where, wants the first page.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="CacheException">NotFound, IsDirectory, AccessDenied, Unavailable.</exception>
    public ValueTask<CacheFile> OpenAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken)
    {
        HotFiles.Opened(path);
        ValueTask<FileStatus> status = GetStatusAsync(path, wish, cancellationToken);
        return status.IsCompletedSuccessfully ? new(Opened(status.Result)) : Awaited(status);

        async ValueTask<CacheFile> Awaited(ValueTask<FileStatus> pending) => Opened(await pending.ConfigureAwait(false));

        CacheFile Opened(FileStatus found)
        {
            CacheFile file = Open(found);
            file.Use?.Opens.Increment();
            return file;
        }
    }

    /// <summary>Opens a file to read it from its start.</summary>
    /// <inheritdoc cref="OpenAsync(CachePath, StatusWish, CancellationToken)"/>
    public ValueTask<CacheFile> OpenAsync(CachePath path, CancellationToken cancellationToken) => OpenAsync(path, StatusWish.FirstPage, cancellationToken);

    /// <summary>Opens the version that a status names.</summary>
    public CacheFile Open(FileStatus status) => new(status, nodes) { Use = status.File is { } file ? mounts().UseOf(file.Identity) : null };

    /// <summary>
    /// Entries of a directory in ordinal order of names; mounts below it appear as directories. With
    /// <paramref name="recursive"/> depth first, each directory before what it holds.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <param name="recursive">Descend.</param>
    /// <param name="startAfter">Path relative to the directory of the last entry already seen, to continue a listing; null starts it.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public IAsyncEnumerable<FileStatus> ListAsync(CachePath directory, bool recursive, string? startAfter, CancellationToken cancellationToken)
    {
        if (mounts().TryResolve(directory, out MountedKey at))
            at.Mount.Use?.Listings.Increment();
        return recursive
            ? RecursiveListing.WalkAsync(OwnerOf, directory, startAfter, cancellationToken)
            : OwnerOf(directory).ListAsync(directory, startAfter, cancellationToken);
    }

    /// <summary>Bytes of a file's version in the cache.</summary>
    public async ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken)
    {
        // An owner of several stripes answers for all it has.
        long cached = 0;
        var asked = new List<string>(capacity: 1);
        for (long stripe = 0, stripes = CacheFile.StripesOf(file); stripe < stripes; stripe++)
        {
            string owner = nodes.NameOfOwner(file.Identity, file.Key, stripe);
            if (asked.Contains(owner))
                continue;
            asked.Add(owner);
            if (nodes.All.FirstOrDefault(n => n.Name == owner) is { } node)
                cached += await CachedAtAsync(node, file, cancellationToken).ConfigureAwait(false);
        }
        return cached;
    }

    /// <summary>Which pages of a file's version are cached, in at most <paramref name="maxRuns"/> runs.</summary>
    public ValueTask<OwnedPages> DescribePagesAsync(FileRef file, int maxRuns, CancellationToken cancellationToken) =>
        OwnedPages.DescribeAsync(nodes, file, maxRuns, cancellationToken);

    /// <summary>What is believed of a path without asking; null where it would be asked for.</summary>
    public ValueTask<RecalledStatus?> RecallStatusAsync(CachePath path, CancellationToken cancellationToken) =>
        OwnerOf(path).RecallStatusAsync(path, cancellationToken);

    /// <summary>Name of the node that answers for a path.</summary>
    public string OwnerNameOf(CachePath path) =>
        mounts().TryResolve(path, out MountedKey at) ? nodes.NameOfOwner(at.Mount.Storage.Identity, at.Key, 0) : nodes.Local.Name;

    /// <summary>Opens a file as it is in its under storage now, past everything that is cached or believed.</summary>
    /// <exception cref="CacheException">NotFound, IsDirectory, AccessDenied, Unavailable.</exception>
    public async Task<SourceFile> OpenSourceAsync(CachePath path, CancellationToken cancellationToken)
    {
        if (!mounts().TryResolve(path, out MountedKey at))
            throw CacheException.NotFound(path.Value);
        UfsStatus status = await at.Mount.Storage.GetStatusAsync(at.Key, cancellationToken).ConfigureAwait(false)
            ?? throw CacheException.NotFound(path.Value);
        FileRef? file = status.IsDirectory ? null : new(at.Mount.Storage.Identity, at.Key, status.Version, status.Length, OwnerOf(path).PageSize);
        return new SourceFile(new FileStatus(path, status.LastModified, file), at.Mount.Storage);
    }

    /// <summary>What <see cref="FreeAsync"/> would drop now; drops nothing.</summary>
    /// <exception cref="CacheException">As FreeAsync.</exception>
    public Task<DroppedPages> CountCachedAsync(CachePath path, bool recursive, CancellationToken cancellationToken) =>
        OfAllAsync(node => node.CountCachedAsync(path, recursive, cancellationToken));

    /// <summary>Drops what is cached of a file (every version), or of everything below a directory, and what is believed of it.</summary>
    /// <exception cref="CacheException">NotFound: no mount holds the path.</exception>
    public async Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken)
    {
        try
        {
            return await OfAllAsync(node => node.FreeAsync(path, recursive, cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            // What is believed, once more, in the way of writes: a node that has just joined and is not known here yet is reached so, too.
            await nodes.ForgetAsync(path, recursive).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Creates or replaces a file; missing directories above are made. Other readers see the old file or the new one, whole; a
    /// write that fails or is given up leaves the old one. When it has completed, whoever asks through the cache gets the new one,
    /// whatever the mount's mode.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Read to its end, never held as a whole; what it throws is passed on.</param>
    /// <param name="condition">What must be there; see <see cref="IUnderStorage.CreateAsync"/> for how firmly it is held.</param>
    /// <param name="cancellationToken">Gives the write up.</param>
    /// <returns>The version that was written.</returns>
    /// <exception cref="CacheException">
    /// ConditionFailed, ReadOnly, NotSupported, IsDirectory, NotADirectory, NotFound (no mount), AccessDenied, NoSpace, Unavailable.
    /// </exception>
    public Task<FileStatus> CreateAsync(CachePath path, Stream content, WriteCondition condition, CancellationToken cancellationToken) =>
        _writes.CreateAsync(path, content, condition, cancellationToken);

    /// <summary>As <see cref="CreateAsync"/>, in the way of object stores; see <see cref="IUnderStorage.CreateObjectAsync"/>.</summary>
    public Task<FileStatus> CreateObjectAsync(CachePath path, Stream content, ObjectWrite write, CancellationToken cancellationToken) =>
        _writes.CreateObjectAsync(path, content, write, cancellationToken);

    /// <summary>
    /// Makes a file of others of its mount, in order, as <see cref="CreateObjectAsync"/> would of their bytes, which do not leave the under storage; see
    /// <see cref="IUnderStorage.ComposeAsync"/>. Null: it cannot, and nothing has changed.
    /// </summary>
    public Task<FileStatus?> ComposeAsync(CachePath path, IReadOnlyList<FilePart> parts, ObjectWrite write, CancellationToken cancellationToken) =>
        _writes.ComposeAsync(path, parts, write, cancellationToken);

    /// <summary>Creates a directory and those above it; one that exists is fine.</summary>
    /// <exception cref="CacheException">NotADirectory: a file is there or above. ReadOnly, NotSupported, NotFound (no mount), AccessDenied ...</exception>
    public Task CreateDirectoryAsync(CachePath path, CancellationToken cancellationToken) => _writes.CreateDirectoryAsync(path, cancellationToken);

    /// <summary>Deletes a file or an empty directory; with <paramref name="recursive"/> a directory and all it holds, depth first.</summary>
    /// <exception cref="CacheException">NotFound, NotEmpty, InvalidArgument (a mount, or a directory that leads to one), ReadOnly, NotSupported ...</exception>
    /// <param name="path">What is deleted.</param>
    /// <param name="recursive">With what it holds.</param>
    /// <param name="cancellationToken">Gives it up; what is gone is gone.</param>
    /// <param name="atOnce">Entries of one directory that are deleted side by side; in whatever order, but the last of them by name goes last.</param>
    public Task DeleteAsync(CachePath path, bool recursive, CancellationToken cancellationToken, int atOnce = 1) =>
        _writes.DeleteAsync(path, recursive, atOnce, cancellationToken);

    /// <summary>Deletes a file of which <paramref name="condition"/> holds; see <see cref="IUnderStorage.DeleteFileAsync"/>.</summary>
    /// <exception cref="CacheException">ConditionFailed, NotFound, ReadOnly, NotSupported ...</exception>
    public Task DeleteFileAsync(CachePath path, WriteCondition condition, CancellationToken cancellationToken) => _writes.DeleteFileAsync(path, condition, cancellationToken);

    /// <summary>Moves a file or a directory within one mount; a file at the target is replaced.</summary>
    /// <exception cref="CacheException">NotFound, AlreadyExists, NotSupported (another mount: copy and delete), InvalidArgument, ReadOnly ...</exception>
    public Task RenameAsync(CachePath from, CachePath to, CancellationToken cancellationToken) => _writes.RenameAsync(from, to, cancellationToken);

    /// <summary>
    /// Copies a file, or with <paramref name="recursive"/> a tree, also from mount to mount. <paramref name="to"/> is the target
    /// itself, not a directory to copy into; files there are replaced.
    /// </summary>
    /// <exception cref="CacheException">NotFound, IsDirectory (not recursive), InvalidArgument (into itself), and what creating a file throws.</exception>
    public Task<CopiedFiles> CopyAsync(CachePath from, CachePath to, bool recursive, CancellationToken cancellationToken) =>
        new TreeCopy(this).CopyAsync(from, to, recursive, cancellationToken);

    /// <summary>Stripes, files below a directory, and pages held as a guest lie on any node. One that cannot be reached fails it, after the others.</summary>
    private async Task<DroppedPages> OfAllAsync(Func<ICacheNode, Task<DroppedPages>> ask)
    {
        DroppedPages dropped = default;
        CacheException? unreachable = null;
        foreach (ICacheNode node in nodes.All)
        {
            try
            {
                dropped += await ask(node).ConfigureAwait(false);
            }
            catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
            {
                unreachable = e;
            }
        }
        return unreachable is null ? dropped : throw unreachable;
    }

    /// <summary>What a node that is lost now keeps cannot be read now.</summary>
    private static async ValueTask<long> CachedAtAsync(ICacheNode node, FileRef file, CancellationToken cancellationToken)
    {
        try
        {
            return await node.GetCachedBytesAsync(file, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
        {
            return 0;
        }
    }

    private ICacheNode OwnerOf(CachePath path) =>
        mounts().TryResolve(path, out MountedKey mounted) ? nodes.OwnerOf(mounted.Mount.Storage.Identity, mounted.Key, 0) : nodes.Local;
}
