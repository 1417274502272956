using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Mounts;

/// <summary>A cache path under which an under storage appears, and the policy for it.</summary>
public sealed record Mount(CachePath Path, IUnderStorage Storage, Freshness Freshness);

/// <summary>A cache path as an under storage knows it.</summary>
/// <param name="Mount">The mount that holds the path.</param>
/// <param name="Key">Key inside it; "" is the mount's root.</param>
public readonly record struct MountedKey(Mount Mount, string Key);
