using System.Collections.Immutable;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Silo.Mounting;

/// <summary>The mounts of this node: those of its configuration, which stay as they are, and those that were added while it ran.</summary>
/// <remarks>
/// Invariants:
/// <list type="bullet">
/// <item>Whoever takes <see cref="Table"/> sees the mounts before a change or those after it. Changes are made one at a time.</item>
/// <item>The file holds a change before the table shows it, and the table before whoever asked for it is answered: what was answered is there after a restart.</item>
/// <item>An under storage is closed when the node ends, or after <see cref="CacheLimits.MaxRemovedMounts"/> others were removed: readers of a mount that was
/// removed read to the end.</item>
/// </list>
/// </remarks>
internal sealed class LiveMounts(MountFile file, CacheLimits limits) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    private volatile State _state = new(new MountTable(1, []), [], [], 0);

    public MountTable Table => _state.Table;

    /// <summary>Told of each table before it shows; not of those that the node starts with.</summary>
    public Action<MountTable>? Changing { get; set; }

    /// <summary>Told when another table shows; before whoever asked for the change is answered.</summary>
    public Action? Changed { get; set; }

    /// <summary>Those that were added, as they were written.</summary>
    public IReadOnlyList<MountOptions> Added => _state.Added;

    /// <summary>Version of the grid's mounts that was taken last; 0: none.</summary>
    public long Shared => _state.Shared;

    /// <summary>The same with the version of the grid's mounts that was taken last; before that with the table's own.</summary>
    public MountRecords Records
    {
        get
        {
            State now = _state;
            return RecordsOf(now.Shared > 0 ? now.Shared : now.Table.Version, now.Added);
        }
    }

    /// <summary>Takes the mounts that the node starts with.</summary>
    /// <param name="version">Of their table.</param>
    /// <param name="mounts">All of them; they are this instance's to close, also where the start fails later.</param>
    /// <param name="added">Those of them that were added while the node ran before.</param>
    public void Begin(long version, IReadOnlyList<Mount> mounts, ImmutableArray<MountOptions> added) =>
        _state = new State(new MountTable(version, mounts), added, [], 0);

    /// <summary>
    /// Adds a mount. The same again, written the same, changes nothing: whoever tells several nodes, and was interrupted, tells all of them once more. Where it shall be
    /// replaced it is opened anew all the same: a secret that it refers to may be another now.
    /// </summary>
    /// <param name="options">What to mount.</param>
    /// <param name="mount">Opens and checks it, for as long as its store takes: other changes do not wait for that. It is called only where the mount would be taken now.</param>
    /// <param name="replace">Whether a mount at the path that was added before makes way.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The mount, and whether one was there: the same, or one that it replaced.</returns>
    /// <exception cref="CacheException">AlreadyExists, Overloaded, NoSpace, and what opening throws.</exception>
    public async Task<(Mount Mount, bool Replaced)> AddAsync(
        MountOptions options, Func<CancellationToken, Task<Mount>> mount, bool replace, CancellationToken cancellationToken)
    {
        if (!replace && Same(options) is { } same)
            return (same, true);
        RequireRoom(options.Path, Table.At(options.Path), replace);
        Mount added = await mount(cancellationToken).ConfigureAwait(false) with { IsAdded = true };
        bool taken = false;
        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                State now = _state;
                Mount? there = now.Table.At(options.Path);
                // Again: meanwhile another may have come, or this one.
                if (!replace && Same(options) is { } told)
                    return (told, true);
                RequireRoom(options.Path, there, replace);
                IReadOnlyList<IUnderStorage> closed = Change(now, there is null ? [] : [there], [added], now.Added.RemoveAll(o => o.Path == options.Path).Add(options));
                taken = true;
                await CloseAsync(closed).ConfigureAwait(false);
                return (added, there is not null);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            if (!taken)
                await added.Storage.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <returns>What was mounted; null: it could not be opened when the node started.</returns>
    /// <exception cref="CacheException">NotFound, InvalidArgument (configured), NoSpace.</exception>
    public async Task<Mount?> RemoveAsync(CachePath path, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            State now = _state;
            Mount? there = now.Table.At(path);
            if (there is not null)
                RequireAdded(there);
            else if (!now.Added.Any(o => o.Path == path))
                throw new CacheException(CacheError.NotFound, $"Nothing is mounted at '{path}'.");
            await CloseAsync(Change(now, there is null ? [] : [there], [], now.Added.RemoveAll(o => o.Path == path))).ConfigureAwait(false);
            return there;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Takes what was added to the grid's mounts for what was added here. What is older than what was taken before changes nothing; the same again opens what could not be
    /// opened before.
    /// </summary>
    /// <param name="version">Of the grid's.</param>
    /// <param name="added">All that were added.</param>
    /// <param name="open">Opens one of them; null where it cannot: it is left out until it is tried again.</param>
    /// <returns>What has left.</returns>
    /// <exception cref="CacheException">NoSpace: nothing was changed.</exception>
    public async Task<IReadOnlyList<Mount>> TakeAsync(long version, ImmutableArray<MountOptions> added, Func<MountOptions, Mount?> open)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            State now = _state;
            if (version < now.Shared)
                return [];
            ILookup<CachePath, MountRecord> before = now.Added.ToLookup(o => o.Path, o => o.Record);
            MountOptions[] other = [.. added.Where(o => !before[o.Path].Any(o.Record.IsSame))];
            Mount[] gone = [.. now.Table.Mounts.Where(m => m.IsAdded && !added.Except(other).Any(o => o.Path == m.Path))];
            MountOptions[] wanted = [.. added.Where(o => now.Table.At(o.Path) is not { } there || (there.IsAdded && other.Contains(o)))];
            Mount[] come = [.. wanted.Select(open).OfType<Mount>()];
            if (gone.Length + come.Length + other.Length == 0 && added.Length == now.Added.Length)
                _state = now with { Shared = version };
            else
                await CloseAsync(await ChangeOrCloseAsync(now, gone, come, added, version).ConfigureAwait(false)).ConfigureAwait(false);
            return gone;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        State last = _state;
        await CloseAsync([.. last.Table.Mounts.Select(m => m.Storage), .. last.Removed]).ConfigureAwait(false);
        _turn.Dispose();
    }

    /// <summary>The mount that is there, where it is written the same.</summary>
    public Mount? Same(MountOptions options)
    {
        State now = _state;
        return now.Added.Any(o => o.Record.IsWrittenAs(options.Record)) ? now.Table.At(options.Path) : null;
    }

    /// <exception cref="CacheException">InvalidArgument (configured), AlreadyExists, Overloaded.</exception>
    public void RequireRoom(CachePath path, bool replace) => RequireRoom(path, Table.At(path), replace);

    /// <exception cref="CacheException">InvalidArgument (configured).</exception>
    public void RequireAdded(CachePath path)
    {
        if (Table.At(path) is { } there)
            RequireAdded(there);
    }

    private void RequireRoom(CachePath path, Mount? there, bool replace)
    {
        if (there is null && Table.Mounts.Count >= limits.MaxMounts)
            throw new CacheException(CacheError.Overloaded, $"{limits.MaxMounts} mounts are there already; remove one.");
        if (there is null)
            return;
        RequireAdded(there);
        if (!replace)
            throw new CacheException(CacheError.AlreadyExists, $"'{there.Uri}' is mounted at '{path}'; remove it first, or say that it shall be replaced.");
    }

    private static void RequireAdded(Mount mount)
    {
        if (!mount.IsAdded)
            throw new CacheException(CacheError.InvalidArgument, $"The mount at '{mount.Path}' is part of the node's configuration; change it there and restart the node.");
    }

    /// <returns>Under storages whose readers have had their time, to be closed; the change does not depend on that.</returns>
    private ImmutableArray<IUnderStorage> Change(State now, Mount[] gone, Mount[] come, ImmutableArray<MountOptions> added, long? shared = null)
    {
        long version = now.Table.Version + 1;
        ImmutableArray<IUnderStorage> removed = now.Removed.AddRange(gone.Select(m => m.Storage));
        ImmutableArray<IUnderStorage> closed = removed[..Math.Max(0, removed.Length - limits.MaxRemovedMounts)];
        removed = removed[closed.Length..];
        // The latest first: it is its readers who are still there.
        var table = new MountTable(version, now.Table.Mounts.Except(gone).Concat(come), removed.Reverse());
        file.Write(RecordsOf(version, added));
        Changing?.Invoke(table);
        _state = new State(table, added, removed, shared ?? now.Shared);
        Changed?.Invoke();
        return closed;
    }

    /// <summary>What is not taken is closed.</summary>
    private async Task<ImmutableArray<IUnderStorage>> ChangeOrCloseAsync(State now, Mount[] gone, Mount[] come, ImmutableArray<MountOptions> added, long shared)
    {
        try
        {
            return Change(now, gone, come, added, shared);
        }
        catch
        {
            await CloseAsync([.. come.Select(m => m.Storage)]).ConfigureAwait(false);
            throw;
        }
    }

    private static MountRecords RecordsOf(long version, ImmutableArray<MountOptions> added) => new(version, [.. added.Select(o => o.Record)]);

    private static async Task CloseAsync(IReadOnlyList<IUnderStorage> storages)
    {
        foreach (IUnderStorage storage in storages)
            await storage.DisposeAsync().ConfigureAwait(false);
    }

    /// <param name="Table">What is served.</param>
    /// <param name="Added">What was added, also what could not be opened.</param>
    /// <param name="Removed">Under storages of mounts that left, the first first.</param>
    /// <param name="Shared">Version of the grid's mounts that was taken last; 0: none.</param>
    private sealed record State(MountTable Table, ImmutableArray<MountOptions> Added, ImmutableArray<IUnderStorage> Removed, long Shared);
}
