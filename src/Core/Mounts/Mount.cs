using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Mounts;

/// <summary>A cache path under which an under storage appears, and the policy for it.</summary>
public sealed record Mount(CachePath Path, IUnderStorage Storage, Freshness Freshness)
{
    /// <summary>Whether files may be written, renamed and deleted through the cache. Off unless asked for: a cache that nobody expects to write must not.</summary>
    public bool IsWritable { get; init; }

    /// <summary>Most nodes of a cluster that keep a page.</summary>
    public const int MaxReplicas = 4;

    /// <summary>On how many nodes of a cluster pages are kept: 1 to <see cref="MaxReplicas"/>.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Whether it was added while the node ran, and not by its configuration: only such a mount can be replaced and removed.</summary>
    public bool IsAdded { get; init; }

    /// <summary>
    /// Whether what was believed is still told of a store that is dead, however old it is; off unless asked for. Never what was invalidated since.
    /// </summary>
    public bool ServesStale { get; init; }

    /// <summary>Bytes of its under storage that are cached on a node at most; null: as many as the store holds.</summary>
    public long? Quota { get; init; }

    /// <summary>What clients were given of it; null where nobody counts, since its under storage bills nobody.</summary>
    public MountUse? Use { get; init; }

    /// <summary>URL of the under storage as users wrote it: no secrets, no trailing slash.</summary>
    public string Uri { get; init; } = Storage.Identity.Uri;
}

/// <summary>A cache path as an under storage knows it.</summary>
/// <param name="Mount">The mount that holds the path.</param>
/// <param name="Key">Key inside it; "" is the mount's root.</param>
public readonly record struct MountedKey(Mount Mount, string Key)
{
    /// <summary>Where the namespace shows it; false where that would be too long for a path.</summary>
    public bool TryGetPath(out CachePath path)
    {
        path = Mount.Path;
        return Key.Length == 0 || CachePath.TryParse(path.IsRoot ? '/' + Key : path.Value + '/' + Key, out path, out _);
    }
}
