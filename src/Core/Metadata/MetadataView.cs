using System.Collections.Frozen;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Metadata;

/// <summary>
/// All that is believed under one mount table. A path may mean something else under the next table, so a new table starts
/// with a new view; requests under way end in the view that they started in.
/// </summary>
internal sealed class MetadataView
{
    private readonly FrozenDictionary<string, FileStatus> _mountDirectories;

    public MetadataView(MountTable table, CacheLimits limits, InvalidationEpochs epochs, TimeProvider time)
    {
        Table = table;
        Statuses = new(epochs, epochs.OfStatus, time, limits.MaxStatuses);
        Listings = new(epochs, epochs.OfListing, time, limits.MaxListedEntries);
        _mountDirectories = table.Mounts.SelectMany(m => Above(m.Path)).Distinct()
            .ToFrozenDictionary(path => path.Value, MountPoint, StringComparer.Ordinal);
    }

    public MountTable Table { get; }

    public Beliefs<FileStatus?> Statuses { get; }

    public Beliefs<Listing> Listings { get; }

    /// <summary>The status of a path that leads to a mount: a directory, whatever lies beneath. Null elsewhere.</summary>
    public FileStatus? MountDirectory(CachePath path) => _mountDirectories.GetValueOrDefault(path.Value);

    /// <summary>A mount, or a directory that leads to one, as its parent lists it; nobody is asked, so its time is not known.</summary>
    public static FileStatus MountPoint(CachePath path) => new(path, DateTimeOffset.UnixEpoch, File: null);

    private static IEnumerable<CachePath> Above(CachePath mount)
    {
        for (CachePath path = mount; !path.IsRoot; path = path.Parent)
            yield return path.Parent;
    }
}
