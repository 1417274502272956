using Orleans.Cache.Fuse;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>Statuses of the cache as stat(2) tells them.</summary>
internal sealed class Attributes(CacheMountOptions options)
{
    private const int FilePermissions = 0x124; // 0444
    private const int DirectoryPermissions = 0x16D; // 0555

    /// <summary>What is believed for ever is asked for once a day: the kernel's counting has an end.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>A file's inode is one version: of it everything is known for good.</summary>
    public static TimeSpan ValidityOf(FileStatus status, TimeSpan remaining) => status.IsDirectory ? Cap(remaining) : Longest;

    public static TimeSpan Cap(TimeSpan remaining) => remaining > Longest ? Longest : remaining;

    public FuseAttributes Of(FileStatus status, ulong number)
    {
        int permissions = status.Posix?.Permissions ?? (status.IsDirectory ? DirectoryPermissions : FilePermissions);
        return new FuseAttributes
        {
            Inode = number,
            Kind = status.IsDirectory ? FileKind.Directory : FileKind.Regular,
            Permissions = permissions & ~options.Umask,
            Size = status.Length,
            Modified = status.LastModified,
            Owner = options.Owner ?? status.Posix?.Owner ?? options.Process.Owner,
            Group = options.Group ?? status.Posix?.Group ?? options.Process.Group,
            PreferredRead = status.IsDirectory ? 0 : (uint)PreferredRead,
        };
    }

    /// <summary>Programs that go by st_blksize (cp, cat) read in pieces of this.</summary>
    private const int PreferredRead = 128 * CacheLimits.KiB;
}
