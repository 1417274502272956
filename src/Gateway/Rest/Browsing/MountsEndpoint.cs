using Orleans.Cache.Files;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.Rest.Browsing;

/// <summary>One mount: where, what, and how long it is believed.</summary>
internal sealed record MountBody(string Path, string Ufs, string Freshness, bool CanWrite);

/// <summary>The mount table with its version.</summary>
internal sealed record MountsBody(long Version, IReadOnlyList<MountBody> Mounts);

/// <summary>GET of the mount table.</summary>
internal sealed class MountsEndpoint(CacheFileSystem files)
{
    public const string Route = "/api/v1/mounts";

    public MountsBody Handle()
    {
        MountTable table = files.Mounts;
        return new(table.Version, [.. table.Mounts.Select(m =>
            new MountBody(m.Path.Value, m.Storage.Identity.Uri, m.Freshness.ToString(), m.Storage.Capabilities.CanWrite))]);
    }
}
