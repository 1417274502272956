using System.Collections.Frozen;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Metadata;

/// <summary>
/// What is believed, as one mount table shows it. Views of successive tables share their beliefs: what a change of the table makes mean something else is invalidated
/// before anybody gets the next view. Requests under way stay in the view that they started in: a store that hangs and was removed keeps nobody waiting.
/// </summary>
internal sealed class MetadataView
{
    private readonly FrozenDictionary<string, FileStatus> _mountDirectories;

    public MetadataView(MountTable table, Beliefs<FileStatus?> statuses, Beliefs<Listing> listings)
    {
        Table = table;
        Statuses = statuses;
        Listings = listings;
        _mountDirectories = table.Mounts.SelectMany(m => Above(m.Path)).Distinct()
            .ToFrozenDictionary(path => path.Value, MountPoint, StringComparer.Ordinal);
    }

    public MountTable Table { get; }

    public Beliefs<FileStatus?> Statuses { get; }

    public Beliefs<Listing> Listings { get; }

    /// <summary>The view of the next table; <see cref="ChangedPaths"/> says what must be invalidated first.</summary>
    public MetadataView With(MountTable table) => new(table, Statuses.WithoutRequests(), Listings.WithoutRequests());

    /// <summary>Paths of the mounts that are in one of the tables only: what lies below means something else now.</summary>
    public IEnumerable<CachePath> ChangedPaths(MountTable table)
    {
        var before = Table.Mounts.ToHashSet();
        before.SymmetricExceptWith(table.Mounts);
        return before.Select(m => m.Path).Distinct();
    }

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
