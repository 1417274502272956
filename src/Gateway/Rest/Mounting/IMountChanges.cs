using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Rest.Mounting;

/// <summary>A mount that somebody asks for, as it is written in a configuration.</summary>
/// <param name="Path">Where.</param>
/// <param name="Uri">The under storage.</param>
/// <param name="Options">"rw", "ttl=60s" and so on.</param>
public sealed record NewMount(CachePath Path, string Uri, IReadOnlyList<string> Options);

/// <summary>Changes of the mounts of a running node.</summary>
public interface IMountChanges
{
    /// <summary>Whether callers other than the user of the node, on its machine, may make them.</summary>
    bool AreRemote { get; }

    /// <summary>Mounts what can be reached, listed and, with rw, written; the mount is there, and after restarts too, when this returns.</summary>
    /// <param name="wanted">Which.</param>
    /// <param name="replace">Whether a mount at its path that was added before makes way, in one step.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CacheException">AlreadyExists, InvalidArgument, AccessDenied or Unavailable; the message says what failed.</exception>
    Task<(Mount Mount, bool Replaced)> AddAsync(NewMount wanted, bool replace, CancellationToken cancellationToken);

    /// <summary>Removes a mount that was added. Nobody opens a file of it any more; who has one open reads to its end.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="free">Whether the pages go too; else they stay, for when it is mounted again, until they are evicted.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was freed.</returns>
    /// <exception cref="CacheException">NotFound; InvalidArgument: it is configured.</exception>
    Task<DroppedPages?> RemoveAsync(CachePath path, bool free, CancellationToken cancellationToken);
}
