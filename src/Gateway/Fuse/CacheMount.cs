using Orleans.Cache.Files;
using Orleans.Cache.Fuse;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>
/// The cache as a read-only file system. A node id names (path, version); opening a version that is no longer the current one is ESTALE, upon which the
/// kernel looks the name up again and opens the new one. What a name leads to is believed for what is left of the status's validity, so the mount's
/// mode holds through the kernel too.
/// </summary>
/// <param name="files">The cache: of this node, or of a cluster.</param>
/// <param name="store">Pages of this machine, which can be handed to the kernel; null: none.</param>
/// <param name="options">How files look.</param>
/// <param name="time">Tells how old a change is.</param>
public sealed class CacheMount(CacheFileSystem files, IPageStore? store, CacheMountOptions options, TimeProvider time) : IFuseFileSystem
{
    /// <summary>As in the engine: younger files may have changed again without a new version ("racily clean"). Twice its bound, as ctime is not known here.</summary>
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(4);

    private readonly InodeTable _inodes = new(options.Root);
    private readonly Handles<OpenFile> _open = new();
    private readonly Handles<DirectoryCursor> _directories = new();
    private readonly Attributes _attributes = new(options);
    private readonly ExtendedAttributes _extended = new(files);
    private readonly Passthrough _passthrough = new(store, options.MaxHandedFiles);
    private readonly ControlFiles _control = new();
    private Expiries? _expiries;

    /// <summary>Paths that were forgotten so far. A look-up that began before one may bring what was there before it: the kernel is to use it once.</summary>
    private long _forgotten;
    private long _mappedReads;

    /// <summary>The virtual files below <c>.ocache</c>.</summary>
    internal ControlFiles Control => _control;

    /// <summary>Inodes, open files, open directories; files that the kernel reads by itself, and how often such were opened; reads answered from the store's own memory.</summary>
    public CacheMountFigures Figures =>
        new(_inodes.Count, _open.Count, _directories.Count, _passthrough.Handed, _passthrough.Opens, Interlocked.Read(ref _mappedReads));

    /// <summary>The path that a node is of; null where the kernel does not know it any more.</summary>
    internal CachePath? PathOf(NodeId node) => _inodes.PathOf(node);

    public int ErrnoOf(Exception failure) => FuseErrors.Of(failure);

    public void Started(IFuseKernel kernel)
    {
        _passthrough.Start(kernel);
        _expiries = new Expiries(kernel, _inodes);
    }

    /// <summary>A path has changed, or may have: the kernel shall ask again. Returns at once.</summary>
    public void Forget(CachePath path, bool recursive)
    {
        Interlocked.Increment(ref _forgotten);
        _expiries?.Add(path, recursive);
    }

    public ValueTask<FuseEntry> LookupAsync(NodeId parent, ReadOnlySpan<byte> name, CancellationToken cancellationToken)
    {
        if (ControlFiles.TryLookup(parent, name, out FuseEntry entry))
            return new(entry);
        CachePath directory = _inodes[parent].Path;
        if (!PosixNames.TryCombine(directory, name, out CachePath path))
            return new(FuseEntry.Absent(TimeSpan.Zero));
        long before = Volatile.Read(ref _forgotten);
        ValueTask<StatusAnswer> asking = files.TryGetStatusAsync(path, cancellationToken);
        if (PosixNames.MayBeShortened(name))
            return FindShortenedAsync(asking, directory, name.ToArray(), cancellationToken);
        return asking.IsCompletedSuccessfully ? new(Found(asking.Result, before)) : AwaitedAsync(asking, before);
    }

    private async ValueTask<FuseEntry> AwaitedAsync(ValueTask<StatusAnswer> asking, long before) => Found(await asking.ConfigureAwait(false), before);

    public void Forget(NodeId node, ulong lookups) => _inodes.Forget(node, lookups);

    public async ValueTask<FuseStatus> GetAttributesAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (ControlFiles.TryGetAttributes(node, out FuseStatus status))
            return status;
        Inode inode = _inodes[node];
        if (!inode.Status.IsDirectory)
            return new FuseStatus(_attributes.Of(inode.Status, inode.Number), Attributes.ValidityOf(inode.Status, default));
        StatusAnswer answer = await files.TryGetStatusAsync(inode.Path, cancellationToken).ConfigureAwait(false);
        FileStatus now = answer.Status ?? throw new FuseException(Errno.NoEntry);
        return now.IsDirectory
            ? new FuseStatus(_attributes.Of(now, inode.Number), Attributes.Cap(answer.Remaining))
            : throw new FuseException(Errno.Stale);
    }

    public ValueTask<FuseOpen> OpenAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (_control.TryOpen(node, out FuseOpen opened))
            return new(opened);
        Inode inode = _inodes[node];
        ValueTask<CacheFile> opening = files.OpenAsync(inode.Path, cancellationToken);
        return opening.IsCompletedSuccessfully ? new(Opened(inode, opening.Result)) : AwaitedAsync();

        async ValueTask<FuseOpen> AwaitedAsync()
        {
            try
            {
                return Opened(inode, await opening.ConfigureAwait(false));
            }
            catch (CacheException e) when (e.Error is CacheError.NotFound or CacheError.IsDirectory)
            {
                // The kernel looks the name up again, and tells the program what is there now.
                throw new FuseException(Errno.Stale);
            }
        }
    }

    public bool TryRead(NodeId node, FileHandle handle, long offset, int size, ReadAnswer answer)
    {
        if (!_open.TryGet(handle, out OpenFile? file) || !file.TryRead(offset, size, answer))
            return false;
        Interlocked.Increment(ref _mappedReads);
        return true;
    }

    public ValueTask<int> ReadAsync(NodeId node, FileHandle handle, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _open.TryGet(handle, out OpenFile? file)
            ? file.ReadAsync(offset, destination, cancellationToken)
            : _control.ReadAsync(node, handle, offset, destination, cancellationToken);

    public void Release(NodeId node, FileHandle handle)
    {
        if (_open.Remove(handle) is { } file)
            _passthrough.Close(file.Inode);
        else
            _control.Release(handle);
    }

    public ValueTask<FuseOpen> OpenDirectoryAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (ControlFiles.IsDirectory(node))
            return new(default(FuseOpen));
        return new(new FuseOpen(_directories.Add(new DirectoryCursor(_inodes[node], files, TryAdd, AddDots)), OpenTraits.None));
    }

    public ValueTask ReadDirectoryAsync(NodeId node, FileHandle handle, long offset, DirectoryWriter entries, CancellationToken cancellationToken)
    {
        if (!ControlFiles.IsDirectory(node))
            return _directories[handle].ReadAsync(offset, entries, cancellationToken);
        ControlFiles.List(offset, entries);
        return default;
    }

    public void ReleaseDirectory(NodeId node, FileHandle handle)
    {
        if (_directories.Remove(handle) is { } directory)
            _ = directory.DisposeAsync().AsTask();
    }

    public ValueTask<FuseStatistics> GetStatisticsAsync(CancellationToken cancellationToken)
    {
        const uint Block = 4096;
        // Nothing is free, as nothing can be written; the size is that of the cache.
        long capacity = store?.GetStatus().Sum(directory => directory.Capacity) ?? 0;
        return new(new FuseStatistics(Block, (ulong)(capacity / Block), 0, 0, PosixNames.MaxBytes));
    }

    public ValueTask<ReadOnlyMemory<byte>?> GetExtendedAttributeAsync(NodeId node, ReadOnlySpan<byte> name, CancellationToken cancellationToken) =>
        ControlFiles.IsControl(node) ? default : _extended.GetAsync(_inodes[node], name, cancellationToken);

    public void Ended()
    {
        _expiries?.End();
        foreach (OpenFile file in _open.Drain())
            _passthrough.Close(file.Inode);
        foreach (DirectoryCursor directory in _directories.Drain())
            _ = directory.DisposeAsync().AsTask();
        _inodes.Clear();
    }

    private FuseOpen Opened(Inode inode, CacheFile file)
    {
        if (file.Ref.Id != inode.Version)
            throw new FuseException(Errno.Stale);
        HandedFile? handed = _passthrough.Open(inode, file.Ref);
        FileHandle handle = _open.Add(new OpenFile(inode, file));
        if (handed is not null)
            return new FuseOpen(handle, OpenTraits.Passthrough | OpenTraits.NoFlush, handed.BackingId);
        return new FuseOpen(handle, OpenTraits.NoFlush | (MayKeep(inode) ? OpenTraits.KeepCache : OpenTraits.None));
    }

    /// <summary>Whether what the kernel cached of the inode at earlier opens is surely this version's.</summary>
    private bool MayKeep(Inode inode)
    {
        bool isYoung = inode.Status.LastModified > time.GetUtcNow() - Young;
        lock (inode.Gate)
        {
            bool wasYoung = inode.WasYoung;
            inode.WasYoung = isYoung;
            return !wasYoung && !isYoung;
        }
    }

    /// <param name="answer">What is there.</param>
    /// <param name="before">How much had been forgotten when it was asked for.</param>
    private FuseEntry Found(in StatusAnswer answer, long before)
    {
        TimeSpan remaining = before == Volatile.Read(ref _forgotten) ? answer.Remaining : TimeSpan.Zero;
        if (answer.Status is not { } status)
            return FuseEntry.Absent(_expiries?.AbsenceFor(Attributes.Cap(remaining)) ?? TimeSpan.Zero);
        Inode inode = _inodes.Take(status);
        return new FuseEntry(inode.Id, _attributes.Of(status, inode.Number), Attributes.Cap(remaining), Attributes.ValidityOf(status, remaining));
    }

    /// <summary>What it names as it stands, else the longer name that is shown like this.</summary>
    private async ValueTask<FuseEntry> FindShortenedAsync(
        ValueTask<StatusAnswer> asking, CachePath directory, byte[] name, CancellationToken cancellationToken)
    {
        long before = Volatile.Read(ref _forgotten);
        StatusAnswer asItStands = await asking.ConfigureAwait(false);
        if (asItStands.Status is not null)
            return Found(asItStands, before);
        await foreach (FileStatus entry in files.ListAsync(directory, recursive: false, null, cancellationToken).ConfigureAwait(false))
        {
            if (PosixNames.Show(entry.Path.Name).AsSpan().SequenceEqual(name))
                return Found(await files.TryGetStatusAsync(entry.Path, cancellationToken).ConfigureAwait(false), before);
        }
        return FuseEntry.Absent(TimeSpan.Zero);
    }

    private void AddDots(DirectoryWriter writer, Inode directory)
    {
        var dots = new FuseEntry(NodeId.None, _attributes.Of(directory.Status, directory.Number), default, default);
        writer.TryAdd("."u8, 1, dots);
        writer.TryAdd(".."u8, 2, dots);
    }

    /// <summary>An entry of a listing. With a node only where it is known how long its status may be believed: else the kernel looks it up when it is used.</summary>
    private bool TryAdd(FileStatus status, DirectoryWriter writer, long next)
    {
        if (status.Path.Parent == options.Root && status.Path.Name == ControlFiles.DirectoryName)
            return true;
        TimeSpan remaining = writer.WithAttributes && options.RecallsLocally ? Recall(ref status) : TimeSpan.Zero;
        byte[] name = PosixNames.Show(status.Path.Name);
        if (remaining <= TimeSpan.Zero)
            return writer.TryAdd(name, next, new FuseEntry(NodeId.None, _attributes.Of(status, Inode.NumberOf(status)), default, default));
        Inode inode = _inodes.Take(status);
        var entry = new FuseEntry(inode.Id, _attributes.Of(status, inode.Number), Attributes.Cap(remaining), Attributes.ValidityOf(status, remaining));
        if (writer.TryAdd(name, next, entry))
            return true;
        _inodes.Forget(inode.Id, 1);
        return false;
    }

    /// <summary>What is believed of a listed entry now, and for how long yet; zero where it would have to be asked for.</summary>
    private TimeSpan Recall(ref FileStatus status)
    {
        ValueTask<RecalledStatus?> recalling = files.RecallStatusAsync(status.Path, CancellationToken.None);
        if (!recalling.IsCompletedSuccessfully || recalling.Result is not { Answer: { Status: { } believed, Remaining: var remaining } })
            return TimeSpan.Zero;
        status = believed;
        return remaining;
    }
}

/// <summary>What a mount has at hand.</summary>
public readonly record struct CacheMountFigures(int Inodes, int OpenFiles, int OpenDirectories, int HandedFiles, long HandedOpens, long MappedReads);
