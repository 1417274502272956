using System.Collections.Frozen;
using System.Text;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Mounts;

/// <summary>
/// Which under storage serves which part of the namespace: an immutable snapshot with a version. A path belongs to the mount
/// with the longest prefix; directories that lead to mounts exist even where no mount holds them.
/// </summary>
public sealed class MountTable
{
    private readonly Mount[] _longestFirst;
    private readonly FrozenDictionary<UfsIdentity, IUnderStorage> _storages;

    /// <summary>Only of those that are counted: where there are none, nothing is looked up.</summary>
    private readonly FrozenDictionary<UfsIdentity, MountUse> _uses;

    /// <summary>Only of those that have more than one: where there are none, nothing is looked up.</summary>
    private readonly FrozenDictionary<UfsIdentity, int> _replicas;

    /// <param name="version">Grows with each change.</param>
    /// <param name="mounts">All of them.</param>
    /// <param name="removed">
    /// Under storages of mounts that are there no longer: no path leads to them any more, but whoever opened a file of theirs before reads it to its end.
    /// </param>
    /// <exception cref="CacheException">InvalidArgument: two mounts at one path.</exception>
    public MountTable(long version, IEnumerable<Mount> mounts, IEnumerable<IUnderStorage>? removed = null)
    {
        Version = version;
        _longestFirst = [.. mounts.OrderByDescending(m => m.Path.Value.Length).ThenBy(m => m.Path)];
        Mounts = [.. _longestFirst.OrderBy(m => m.Path)];
        for (int i = 1; i < Mounts.Count; i++)
        {
            if (Mounts[i].Path == Mounts[i - 1].Path)
                throw new CacheException(CacheError.InvalidArgument, $"Two mounts at '{Mounts[i].Path}'; give each mount a path of its own.");
        }
        Fingerprint = Mounts.Aggregate(0UL, (seed, m) => XxHash64.Of(Encoding.UTF8.GetBytes($"{m.Path}={m.Storage.Identity},{m.Freshness},{m.IsWritable},{m.Replicas}{(m.ServesStale ? ",stale" : "")}"), seed));
        _replicas = Mounts.Where(m => m.Replicas > 1).GroupBy(m => m.Storage.Identity).ToFrozenDictionary(g => g.Key, g => g.Max(m => m.Replicas));
        Quotas = Mounts.Where(m => m.Quota is not null).GroupBy(m => m.Storage.Identity).ToFrozenDictionary(g => g.Key, g => g.Min(m => m.Quota!.Value));
        _uses = _longestFirst.Where(m => m.Use is not null).DistinctBy(m => m.Storage.Identity).ToFrozenDictionary(m => m.Storage.Identity, m => m.Use!);
        _storages = _longestFirst.Select(m => m.Storage).Concat(removed ?? []).DistinctBy(s => s.Identity).ToFrozenDictionary(s => s.Identity);
    }

    public long Version { get; }

    /// <summary>Equal for tables that show the same files under the same rules, whatever their versions: nodes of one cluster compare it.</summary>
    public ulong Fingerprint { get; }

    /// <summary>All mounts, in the order of their paths.</summary>
    public IReadOnlyList<Mount> Mounts { get; }

    /// <summary>The mount that serves <paramref name="path"/> and the key inside it; false where no mount holds it.</summary>
    public bool TryResolve(CachePath path, out MountedKey mounted)
    {
        foreach (Mount mount in _longestFirst)
        {
            if (!path.IsWithin(mount.Path))
                continue;
            mounted = new MountedKey(mount, path.RelativeTo(mount.Path));
            return true;
        }
        mounted = default;
        return false;
    }

    /// <summary>
    /// All paths at which one key of an under storage appears: two mounts may show the same storage, or one a directory of the
    /// other's. What is written through one of them changes at all of them.
    /// </summary>
    /// <param name="at">A key as one mount has it.</param>
    public IEnumerable<MountedKey> Appearances(MountedKey at)
    {
        string changed = Full(at.Mount.Storage.Identity, at.Key);
        foreach (Mount mount in Mounts)
        {
            string root = mount.Storage.Identity.Uri;
            if (KeyPrefix.Covers(root, recursive: true, changed))
                yield return new MountedKey(mount, changed.Length == root.Length ? "" : changed[(root.Length + 1)..]);
            else if (KeyPrefix.Covers(changed, recursive: true, root))
                yield return new MountedKey(mount, "");
        }
    }

    private static string Full(UfsIdentity identity, string key) => key.Length == 0 ? identity.Uri : identity.Uri + '/' + key;

    /// <summary>The mount at exactly this path; null where none is.</summary>
    public Mount? At(CachePath path) => Mounts.FirstOrDefault(m => m.Path == path);

    /// <summary>The under storage with that identity.</summary>
    /// <exception cref="CacheException">NotFound: no mount has it; a FileRef from elsewhere never opens anything that is not mounted.</exception>
    public IUnderStorage StorageOf(UfsIdentity identity) =>
        _storages.TryGetValue(identity, out IUnderStorage? storage)
            ? storage
            : throw new CacheException(CacheError.NotFound, $"No mount of this node serves '{identity}'.");

    /// <summary>Where it is counted what clients are given of an under storage; null: nowhere.</summary>
    public MountUse? UseOf(UfsIdentity identity) => _uses.Count > 0 ? _uses.GetValueOrDefault(identity) : null;

    /// <summary>Bytes that a node may keep of under storages: the least that one of the mounts of each says. Nodes of a cluster may differ in it.</summary>
    public IReadOnlyDictionary<UfsIdentity, long> Quotas { get; }

    /// <summary>On how many nodes pages of an under storage are kept: the most that one of its mounts asks for.</summary>
    public int ReplicasOf(UfsIdentity identity) => _replicas.Count > 0 && _replicas.TryGetValue(identity, out int replicas) ? replicas : 1;

    /// <summary>Names directly below <paramref name="directory"/> that are mounts or lead to one, in ordinal order, each once.</summary>
    public IReadOnlyList<string> MountNamesBelow(CachePath directory) =>
    [
        .. Mounts.Where(m => m.Path != directory && m.Path.IsWithin(directory))
            .Select(m => m.Path.RelativeTo(directory).Split('/')[0])
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Whether a mount lies below the path, which makes it a directory whatever an under storage says of it.</summary>
    public bool LeadsToMount(CachePath path) => Mounts.Any(m => m.Path != path && m.Path.IsWithin(path));
}
