using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Silo.Mounting;

/// <summary>Added mounts of a node that is a silo: changed for the whole cluster, and taken over from it.</summary>
internal sealed partial class GridMounts(IGrid grid, LiveMounts mounts, AddedMountReader reader, CacheNode node, ILogger log) : IAddedMounts
{
    private const string Where = "mount of the cluster";

    public MountRecords Records => mounts.Records;

    public long Version => mounts.Shared;

    public async Task<DroppedPages> AdoptAsync(MountRecords records, CachePath? freed)
    {
        var problems = new List<string>();
        MountOptions[] added = [.. records.Mounts.Select(record => AddedMountReader.Parse(record, Where, problems)).OfType<MountOptions>()];
        IReadOnlyList<Mount> gone = await mounts.TakeAsync(records.Version, [.. added], o => reader.Open(o, Where, problems)).ConfigureAwait(false);
        DroppedPages dropped = default;
        foreach (Mount mount in gone.Where(m => m.Path == freed && mounts.Table.Mounts.All(other => other.Storage.Identity != m.Storage.Identity)))
            dropped += await node.FreeAsync(mount.Storage.Identity, CancellationToken.None).ConfigureAwait(false);
        return problems.Count == 0 ? dropped : throw new CacheException(CacheError.InvalidArgument, string.Join(' ', problems));
    }

    /// <summary>Adds a mount to all nodes; it was opened and checked here before. Once more the same changes nothing, and tells those that have missed it.</summary>
    /// <returns>The mount, and whether one was there: the same, or one that it replaced.</returns>
    /// <exception cref="CacheException">AlreadyExists, Unavailable.</exception>
    public async Task<(Mount Mount, bool Replaced)> AddAsync(MountOptions wanted, bool replace, CancellationToken cancellationToken)
    {
        bool wasThere = false;
        MountsChanged changed = await grid.ChangeMountsAsync(Add, freed: null, cancellationToken).ConfigureAwait(false);
        Log(changed, wanted.Path);
        return mounts.Table.At(wanted.Path) is { } added
            ? (added, wasThere)
            : throw new CacheException(CacheError.Unavailable, $"The mount is one of the cluster's now, but this node does not have it yet: {string.Join(' ', changed.Complaints)}");

        MountRecords Add(MountRecords before)
        {
            MountRecord? there = before.Mounts.FirstOrDefault(m => m.Path == wanted.Path.Value);
            wasThere = there is not null;
            if (there is null || replace)
                return before with { Mounts = [.. before.Mounts.Where(m => m != there), wanted.Record with { Since = before.Version + 1 }] };
            return there.IsWrittenAs(wanted.Record)
                ? before
                : throw new CacheException(CacheError.AlreadyExists, $"Something else is mounted at '{wanted.Path}'; remove it first, or say that it shall be replaced.");
        }
    }

    /// <summary>Removes a mount from all nodes.</summary>
    /// <returns>What was freed of it.</returns>
    /// <exception cref="CacheException">NotFound, Unavailable.</exception>
    public async Task<DroppedPages> RemoveAsync(CachePath path, bool free, CancellationToken cancellationToken)
    {
        MountsChanged changed = await grid.ChangeMountsAsync(Remove, free ? path : null, cancellationToken).ConfigureAwait(false);
        Log(changed, path);
        return changed.Freed;

        MountRecords Remove(MountRecords before) => before.Mounts.Any(m => m.Path == path.Value)
            ? before with { Mounts = [.. before.Mounts.Where(m => m.Path != path.Value)] }
            : throw new CacheException(CacheError.NotFound, $"Nothing is mounted at '{path}'.");
    }

    private void Log(MountsChanged changed, CachePath path)
    {
        foreach (string complaint in changed.Complaints)
            LogMissing(path.Value, complaint);
    }

    [LoggerMessage(LogLevel.Warning, "The change of the mount '{Path}' was not taken over by {Complaint}")]
    private partial void LogMissing(string path, string complaint);
}
