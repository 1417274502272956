using Orleans.Cache.Identity;

namespace Orleans.Cache.UnderStorage;

/// <summary>What an under storage says of one key.</summary>
/// <param name="Key">Relative key; "" for the root.</param>
/// <param name="IsDirectory">A directory (or common prefix); then Length is 0 and Version default.</param>
/// <param name="Length">Bytes.</param>
/// <param name="LastModified">When the content last changed, as the storage says.</param>
/// <param name="Version">Token of this content.</param>
public sealed record UfsStatus(string Key, bool IsDirectory, long Length, DateTimeOffset LastModified, FileVersion Version)
{
    /// <summary>Owner and mode, where the storage has them.</summary>
    public PosixAttributes? Posix { get; init; }

    /// <summary>What the store keeps beside the bytes; null: this answer does not tell (a listing), or the storage keeps nothing.</summary>
    public UfsAttributes? Attributes { get; init; }

    /// <summary>Last component of the key.</summary>
    public string Name => Key[(Key.LastIndexOf('/') + 1)..];
}

/// <summary>Who a file belongs to and who may do what with it, as POSIX has it.</summary>
/// <param name="Permissions">The low twelve bits of st_mode.</param>
/// <param name="Owner">User id.</param>
/// <param name="Group">Group id.</param>
public readonly record struct PosixAttributes(int Permissions, uint Owner, uint Group);

/// <summary>What an under storage can do; the contract suite proves each claim.</summary>
public sealed record UfsCapabilities
{
    public bool CanWrite { get; init; }

    /// <summary>Of several writers that demand absence, exactly one succeeds, whoever they are.</summary>
    public bool AtomicIfAbsent { get; init; }

    /// <summary>Rename replaces its target in one step, and a directory moves as a whole.</summary>
    public bool AtomicRename { get; init; }

    /// <summary>Empty directories exist by themselves (not only as prefixes of keys).</summary>
    public bool RealDirectories { get; init; }

    /// <summary>The version follows from the bytes alone (a hash): the same bytes written again may have the same version.</summary>
    public bool VersionsNameContent { get; init; }

    /// <summary>Statuses of files tell <see cref="UfsAttributes"/>, and <see cref="IUnderStorage.CreateObjectAsync"/> writes them.</summary>
    public bool KeepsAttributes { get; init; }
}
