using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Mounts;

/// <summary>What this node's own clients were given of a mount, and what was fetched for it, since the mount is there.</summary>
public sealed class MountUse
{
    /// <summary>Files opened: without a cache, a request each at least.</summary>
    public Tally Opens { get; } = new();

    /// <summary>Listings, or pages of them: without a cache, a request each at least.</summary>
    public Tally Listings { get; } = new();

    /// <summary>Bytes that clients were given.</summary>
    public Tally BytesGiven { get; } = new();

    /// <summary>Bytes that came from the under storage.</summary>
    public Tally BytesFetched { get; } = new();
}
