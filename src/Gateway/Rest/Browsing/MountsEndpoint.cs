using Orleans.Cache.Files;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Rest.Browsing;

/// <summary>What a mount's store was not asked for, and what that would have cost.</summary>
internal sealed record SavedBody(long Requests, long Bytes, decimal Money)
{
    public static SavedBody Of(Savings saved) => new(saved.Requests, saved.Bytes, Math.Round(saved.Money, 6));
}

/// <summary>
/// One mount: where, what (its identity, and its URL as it was given), how long it is believed, whether it takes writes, where it comes from; where there is a store beyond
/// this machine, what fails while it counts as dead, and what it was not asked for; how many bytes of it are cached on this node, and how many may be.
/// </summary>
internal sealed record MountBody(string Path, string Ufs, string Uri, string Freshness, bool Writable, string Origin, string State, string? Trouble, SavedBody? Saved,
    long CachedBytes, long? QuotaBytes)
{
    public static MountBody Of(Mount mount, StorePrices prices, IPageStore store) => new(
        mount.Path.Value, mount.Storage.Identity.Uri, mount.Uri, mount.Freshness.ToString(), mount.IsWritable, mount.IsAdded ? "added" : "configured",
        mount.Storage.Traffic?.Trouble is null ? "ok" : "dead", mount.Storage.Traffic?.Trouble,
        mount.Use is null ? null : SavedBody.Of(Savings.Of(mount, prices)), store.BytesOf(mount.Storage.Identity), mount.Quota);
}

/// <summary>The mount table with its version.</summary>
internal sealed record MountsBody(long Version, IReadOnlyList<MountBody> Mounts);

/// <summary>GET of the mount table.</summary>
internal sealed class MountsEndpoint(CacheFileSystem files, StorePrices prices, IPageStore store)
{
    public const string Route = "/api/v1/mounts";

    public MountsBody Handle()
    {
        MountTable table = files.Mounts;
        return new(table.Version, [.. table.Mounts.Select(m => MountBody.Of(m, prices, store))]);
    }
}
