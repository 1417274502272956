using Orleans.Cache.Files;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.Rest.Browsing;

/// <summary>One mount: where, what (its identity, and its URL as it was given), how long it is believed, whether it takes writes, and where it comes from.</summary>
internal sealed record MountBody(string Path, string Ufs, string Uri, string Freshness, bool Writable, string Origin)
{
    public static MountBody Of(Mount mount) => new(
        mount.Path.Value, mount.Storage.Identity.Uri, mount.Uri, mount.Freshness.ToString(), mount.IsWritable, mount.IsAdded ? "added" : "configured");
}

/// <summary>The mount table with its version.</summary>
internal sealed record MountsBody(long Version, IReadOnlyList<MountBody> Mounts);

/// <summary>GET of the mount table.</summary>
internal sealed class MountsEndpoint(CacheFileSystem files)
{
    public const string Route = "/api/v1/mounts";

    public MountsBody Handle()
    {
        MountTable table = files.Mounts;
        return new(table.Version, [.. table.Mounts.Select(MountBody.Of)]);
    }
}
