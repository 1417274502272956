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

    private volatile State _state = new(new MountTable(1, []), [], []);

    public MountTable Table => _state.Table;

    /// <summary>Those that were added, as they were written.</summary>
    public IReadOnlyList<MountOptions> Added => _state.Added;

    /// <summary>Takes the mounts that the node starts with.</summary>
    /// <param name="version">Of their table.</param>
    /// <param name="mounts">All of them; they are this instance's to close, also where the start fails later.</param>
    /// <param name="added">Those of them that were added while the node ran before.</param>
    public void Begin(long version, IReadOnlyList<Mount> mounts, ImmutableArray<MountOptions> added) =>
        _state = new State(new MountTable(version, mounts), added, []);

    /// <param name="options">What to mount.</param>
    /// <param name="mount">Opens and checks it; it is called only where the mount would be taken.</param>
    /// <param name="replace">Whether a mount at the path that was added before makes way.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The mount, and whether it replaced one.</returns>
    /// <exception cref="CacheException">AlreadyExists, Overloaded, NoSpace, and what opening throws.</exception>
    public async Task<(Mount Mount, bool Replaced)> AddAsync(
        MountOptions options, Func<CancellationToken, Task<Mount>> mount, bool replace, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            State now = _state;
            Mount? there = now.Table.At(options.Path);
            RequireRoom(options.Path, there, replace);
            Mount added = await mount(cancellationToken).ConfigureAwait(false) with { IsAdded = true };
            IUnderStorage? closed;
            try
            {
                closed = Change(now, there, added, now.Added.RemoveAll(o => o.Path == options.Path).Add(options));
            }
            catch
            {
                await added.Storage.DisposeAsync().ConfigureAwait(false);
                throw;
            }
            if (closed is not null)
                await closed.DisposeAsync().ConfigureAwait(false);
            return (added, there is not null);
        }
        finally
        {
            _turn.Release();
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
            if (Change(now, there, added: null, now.Added.RemoveAll(o => o.Path == path)) is { } closed)
                await closed.DisposeAsync().ConfigureAwait(false);
            return there;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        State last = _state;
        foreach (IUnderStorage storage in last.Table.Mounts.Select(m => m.Storage).Concat(last.Removed))
            await storage.DisposeAsync().ConfigureAwait(false);
        _turn.Dispose();
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

    /// <returns>An under storage whose readers have had their time, to be closed; the change does not depend on that.</returns>
    private IUnderStorage? Change(State now, Mount? gone, Mount? added, ImmutableArray<MountOptions> options)
    {
        long version = now.Table.Version + 1;
        ImmutableArray<IUnderStorage> removed = gone is null ? now.Removed : now.Removed.Add(gone.Storage);
        IUnderStorage? closed = removed.Length > limits.MaxRemovedMounts ? removed[0] : null;
        removed = closed is null ? removed : removed.RemoveAt(0);
        // The latest first: it is its readers who are still there.
        var table = new MountTable(version, now.Table.Mounts.Where(m => m != gone).Concat(added is null ? [] : [added]), removed.Reverse());
        file.Write(new MountRecords(version, [.. options.Select(o => new MountRecord(o.Path.Value, o.Uri, o.Given))]));
        _state = new State(table, options, removed);
        return closed;
    }

    private sealed record State(MountTable Table, ImmutableArray<MountOptions> Added, ImmutableArray<IUnderStorage> Removed);
}
