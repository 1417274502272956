using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>How the cache looks as local files. Immutable.</summary>
public sealed record CacheMountOptions
{
    /// <summary>The directory of the cache that is the mount's root.</summary>
    public CachePath Root { get; init; } = CachePath.Root;

    /// <summary>Owner of all files; null: as the under storage says, else this process's user.</summary>
    public uint? Owner { get; init; }

    /// <summary>Their group.</summary>
    public uint? Group { get; init; }

    /// <summary>Permission bits that are taken away. Files of which the under storage tells no mode are 0444, directories 0555, before that.</summary>
    public int Umask { get; init; }

    /// <summary>Owner and group where nobody tells them.</summary>
    public (uint Owner, uint Group) Process { get; init; }

    /// <summary>Files that the kernel may be reading by itself at a time, each a descriptor: half of what the process may have, so that the rest of it can live.</summary>
    public long MaxHandedFiles { get; init; } = DescriptorBudget.Limit / 2;

    /// <summary>Whether the statuses of listed entries can be recalled without asking another process, and so be believed by the kernel.</summary>
    public bool RecallsLocally { get; init; }
}
