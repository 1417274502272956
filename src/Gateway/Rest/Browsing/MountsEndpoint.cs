using Orleans.Cache.Files;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.Rest.Browsing;

/// <summary>One mount: where, what (its identity, and its URL as it was given), how long it is believed, and whether it takes writes.</summary>
internal sealed record MountBody(string Path, string Ufs, string Uri, string Freshness, bool Writable);

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
            new MountBody(m.Path.Value, m.Storage.Identity.Uri, m.Uri, m.Freshness.ToString(), m.IsWritable))]);
    }
}
