using System.Globalization;
using System.Text;
using Orleans.Cache.Files;
using Orleans.Cache.Fuse;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>
/// What the cache tells of a file: <c>user.ocache.cached</c> (bytes of it in the cache), <c>.version</c>, <c>.owner</c> (the node that answers for it).
/// They are given to whoever asks for them and not listed: cp -a and rsync -X would copy them.
/// </summary>
internal sealed class ExtendedAttributes(CacheFileSystem files)
{
    private const string Prefix = "user.ocache.";

    public ValueTask<ReadOnlyMemory<byte>?> GetAsync(Inode inode, ReadOnlySpan<byte> name, CancellationToken cancellationToken)
    {
        // EOPNOTSUPP, not ENODATA: ls asks each file for an access list unless it is told once that there are none.
        if (!name.StartsWith("user."u8))
            throw new FuseException(Errno.NotSupported);
        return GetAsync(inode, Encoding.UTF8.GetString(name), cancellationToken);
    }

    private async ValueTask<ReadOnlyMemory<byte>?> GetAsync(Inode inode, string name, CancellationToken cancellationToken)
    {
        FileRef? file = inode.Status.File;
        string? value = name switch
        {
            Prefix + "owner" => files.OwnerNameOf(inode.Path),
            Prefix + "version" => file?.Version.Token,
            Prefix + "cached" when file is not null =>
                (await files.GetCachedBytesAsync(file, cancellationToken).ConfigureAwait(false)).ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
        return value is null ? null : Encoding.UTF8.GetBytes(value);
    }
}
