using Orleans.Cache.Fuse;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>
/// Hands files that are wholly cached and verified on this machine to the kernel, which then reads them without us. Decided for an inode when its
/// first file is opened: all that are open at a time go the same way, as the kernel demands. Each open counts as a use for the eviction policy, since reads
/// are not seen. Where it is not possible files take the ordinary way, and nobody notices.
/// </summary>
/// <param name="store">The pages of this machine; null: there are none.</param>
/// <param name="most">Files that the kernel may have at a time: each holds a descriptor of the store's.</param>
internal sealed class Passthrough(IPageStore? store, long most)
{
    /// <summary>This machine, or we on it, cannot: no right to (CAP_SYS_ADMIN), a kernel that knows no such call, a store on a stacked file system. The same for all files.</summary>
    private static readonly int[] NeverErrors = [-Errno.NotPermitted, -Errno.NoControl, -Errno.NotImplemented, -Errno.NotSupported, -Errno.TooManyLinks];

    private IFuseKernel? _kernel;
    private long _opens;
    private int _handed;
    private volatile bool _isRefused;

    /// <summary>Opens that read past us.</summary>
    public long Opens => Interlocked.Read(ref _opens);

    /// <summary>Files that the kernel has now.</summary>
    public int Handed => Volatile.Read(ref _handed);

    public void Start(IFuseKernel kernel) => _kernel = kernel;

    /// <summary>Counts an open of an inode. Gives the file that the kernel has of it; null: it is read through us.</summary>
    public HandedFile? Open(Inode inode, FileRef file)
    {
        lock (inode.Gate)
        {
            if (inode.Opens == 0)
                inode.Handed = TryHandOver(file);
            inode.Opens++;
            if (inode.Handed is not null)
                Interlocked.Increment(ref _opens);
            return inode.Handed;
        }
    }

    /// <summary>Counts the end of an open file; the last takes the backing file back.</summary>
    public void Close(Inode inode)
    {
        HandedFile? handed;
        lock (inode.Gate)
        {
            if (--inode.Opens > 0)
                return;
            handed = inode.Handed;
            inode.Handed = null;
        }
        if (handed is null)
            return;
        _kernel?.CloseBacking(handed.BackingId);
        handed.Lease.Dispose();
        Interlocked.Decrement(ref _handed);
    }

    private HandedFile? TryHandOver(FileRef file)
    {
        if (store is null || _isRefused || _kernel is not { HasPassthrough: true } || file.Length == 0 || Handed >= most)
            return null;
        BackingLease? lease = store.TryHandOver(file);
        if (lease is null)
            return null;
        if (lease.Length == file.Length)
        {
            int id = _kernel.OpenBacking(lease.File);
            if (id > 0)
            {
                Interlocked.Increment(ref _handed);
                return new HandedFile(id, lease);
            }
            // Anything else (ENOMEM, ENFILE) may be over when the next file is opened.
            if (NeverErrors.AsSpan().Contains(id))
                _isRefused = true;
        }
        lease.Dispose();
        return null;
    }
}
