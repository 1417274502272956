using Orleans.Cache.Gateway.Rest.Mounting;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Silo.Mounting;

/// <summary>Adds and removes mounts of a running node as its configuration would.</summary>
internal sealed partial class MountChanges(NodeOptions options, LiveMounts mounts, MountOpener opener, CacheNode node, ILogger log) : IMountChanges
{
    public bool AreRemote => options.RemoteMounts;

    /// <summary>Where changes are those of all nodes; null: this node's.</summary>
    public GridMounts? Grid { get; init; }

    public async Task<(Mount Mount, bool Replaced)> AddAsync(NewMount wanted, bool replace, CancellationToken cancellationToken)
    {
        MountOptions mount = Read(wanted);
        (Mount added, bool replaced) = Grid is null
            ? await mounts.AddAsync(mount, token => OpenAsync(mount, token), replace, cancellationToken).ConfigureAwait(false)
            : await AddToGridAsync(Grid, mount, replace, cancellationToken).ConfigureAwait(false);
        LogAdded(added.Path.Value, added.Uri, replaced ? "replaced or as it was" : "added");
        return (added, replaced);
    }

    public async Task<DroppedPages?> RemoveAsync(CachePath path, bool free, CancellationToken cancellationToken)
    {
        string? uri = mounts.Table.At(path)?.Uri;
        DroppedPages? freed = Grid is null
            ? await RemoveHereAsync(path, free, cancellationToken).ConfigureAwait(false)
            : await RemoveFromGridAsync(Grid, path, free, cancellationToken).ConfigureAwait(false);
        LogRemoved(path.Value, uri ?? "what could not be opened");
        return freed;
    }

    /// <summary>This node checks it for all.</summary>
    private async Task<(Mount Mount, bool Replaced)> AddToGridAsync(GridMounts grid, MountOptions wanted, bool replace, CancellationToken cancellationToken)
    {
        if (replace || mounts.Same(wanted) is null)
        {
            mounts.RequireRoom(wanted.Path, replace);
            Mount opened = await OpenAsync(wanted, cancellationToken).ConfigureAwait(false);
            await opened.Storage.DisposeAsync().ConfigureAwait(false);
        }
        return await grid.AddAsync(wanted, replace, cancellationToken).ConfigureAwait(false);
    }

    private async Task<DroppedPages?> RemoveHereAsync(CachePath path, bool free, CancellationToken cancellationToken)
    {
        Mount? removed = await mounts.RemoveAsync(path, cancellationToken).ConfigureAwait(false);
        return free && removed is not null ? await node.FreeAsync(removed.Storage.Identity, cancellationToken).ConfigureAwait(false) : null;
    }

    private async Task<DroppedPages?> RemoveFromGridAsync(GridMounts grid, CachePath path, bool free, CancellationToken cancellationToken)
    {
        // One that the configuration shadows on all nodes is the cluster's still, and may go.
        if (mounts.Added.All(o => o.Path != path))
            mounts.RequireAdded(path);
        DroppedPages freed = await grid.RemoveAsync(path, free, cancellationToken).ConfigureAwait(false);
        return free ? freed : null;
    }

    private MountOptions Read(NewMount wanted)
    {
        var problems = new List<string>();
        MountOptions? mount = new MountParser("/", problems).Parse(wanted.Path.Value, wanted.Path, wanted.Uri, wanted.Options);
        if (mount is not null && mount.SafeUri != mount.Uri)
            problems.Add($"{wanted.Path}: '{mount.SafeUri}' was given with a user or a query, where credentials stand; mounts are stored, so give references to secrets as options instead.");
        if (mount is not null && problems.Count == 0)
            problems.AddRange(LocalDirectories.Complaints(options with { Mounts = [mount] }, MountedFileSystems.Read()).Select(c => c.Replace("--mount ", "", StringComparison.Ordinal)));
        return problems.Count == 0 ? mount! : throw new CacheException(CacheError.InvalidArgument, string.Join(' ', problems));
    }

    private async Task<Mount> OpenAsync(MountOptions wanted, CancellationToken cancellationToken)
    {
        Mount mount = opener.Open(wanted);
        try
        {
            if (wanted.IsChecked)
                await mount.Storage.CheckAsync(cancellationToken).ConfigureAwait(false);
            return mount;
        }
        catch
        {
            await mount.Storage.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    [LoggerMessage(LogLevel.Information, "Mount '{Path}' = {Uri} {What}")]
    private partial void LogAdded(string path, string uri, string what);

    [LoggerMessage(LogLevel.Information, "Mount '{Path}' = {Uri} removed; readers under way go on")]
    private partial void LogRemoved(string path, string uri);
}
