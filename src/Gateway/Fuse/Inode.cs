using Orleans.Cache.Fuse;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>
/// A file or directory as the kernel knows it. Of a file it is one version at one path: two versions are two inodes, so that one inode has
/// one page cache and one backing file, and nothing the kernel has cached can become wrong.
/// </summary>
internal sealed class Inode(NodeId id, FileStatus status)
{
    /// <summary>Guards what is open; held for a look, and while a backing file is handed over.</summary>
    public Lock Gate { get; } = new();

    public NodeId Id { get; } = id;

    public CachePath Path { get; } = status.Path;

    public FileStatus Status { get; } = status;

    public FileId Version => Status.File?.Id ?? default;

    /// <summary>Look-ups that the kernel holds. Guarded by the table.</summary>
    public ulong Lookups { get; set; }

    /// <summary>Open files. Guarded by <see cref="Gate"/>.</summary>
    public int Opens { get; set; }

    /// <summary>Through what all open files of it are read; null: through us. Guarded by <see cref="Gate"/>.</summary>
    public HandedFile? Handed { get; set; }

    /// <summary>
    /// It was opened so soon after its last change that equal versions do not prove equal bytes: what the kernel has cached may not be
    /// used by the next open. Guarded by <see cref="Gate"/>.
    /// </summary>
    public bool WasYoung { get; set; }

    /// <summary>st_ino: computed from what it is, so that it is the same after it was forgotten, and after the next mount.</summary>
    public ulong Number { get; } = NumberOf(status);

    public static ulong NumberOf(FileStatus status)
    {
        // Numbers up to 16 are the mount's own.
        const ulong Reserved = 16;
        ulong path = PosixNames.HashOf(System.Runtime.InteropServices.MemoryMarshal.AsBytes(status.Path.Value.AsSpan()));
        ulong number = status.File is { } file ? path ^ (ulong)file.Id.Value : path;
        return number > Reserved ? number : number + Reserved + 1;
    }
}
