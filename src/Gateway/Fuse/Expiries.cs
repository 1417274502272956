using System.Threading.Channels;
using Orleans.Cache.Fuse;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>
/// Tells the kernel of paths that have changed. On a thread of its own, since the kernel may make it wait for a look-up that our readers answer. Of more
/// changes than it keeps up with it makes one: everything. Names that were believed absent below a path are in no table; where such beliefs were given out the
/// kernel drops all names at once, and where it is too old for that they were given out for <see cref="ShortAbsence"/> only.
/// </summary>
internal sealed class Expiries
{
    /// <summary>As long as an absence may outlast a change that is told for a whole tree.</summary>
    private static readonly TimeSpan ShortAbsence = TimeSpan.FromSeconds(1);

    /// <summary>Changes that wait to be told.</summary>
    private const int MaxWaiting = 10_000;

    private readonly IFuseKernel _kernel;
    private readonly InodeTable _inodes;
    private readonly Channel<(CachePath Path, bool Recursive)> _waiting =
        Channel.CreateBounded<(CachePath, bool)>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private int _overflowed;
    private int _absences;

    public Expiries(IFuseKernel kernel, InodeTable inodes)
    {
        _kernel = kernel;
        _inodes = inodes;
        _ = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>How long the kernel may believe that a name is absent, of the time that is left.</summary>
    public TimeSpan AbsenceFor(TimeSpan remaining)
    {
        if (!_kernel.CanExpireAllNames)
            return remaining < ShortAbsence ? remaining : ShortAbsence;
        if (remaining > TimeSpan.Zero && Volatile.Read(ref _absences) == 0)
            Volatile.Write(ref _absences, 1);
        return remaining;
    }

    public void Add(CachePath path, bool recursive)
    {
        if (!_waiting.Writer.TryWrite((path, recursive)))
            Volatile.Write(ref _overflowed, 1);
    }

    /// <summary>The kernel is gone.</summary>
    public void End() => _waiting.Writer.TryComplete();

    private async Task RunAsync()
    {
        await foreach ((CachePath path, bool recursive) in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (Interlocked.Exchange(ref _overflowed, 0) != 0)
                ExpireAll(CachePath.Root);
            if (recursive)
                ExpireAll(path);
            Expire(path);
        }
    }

    private void ExpireAll(CachePath path)
    {
        foreach (Inode inode in _inodes.Within(path))
        {
            Expire(inode.Path);
            if (inode.Status.IsDirectory)
                _kernel.ExpireAttributes(inode.Id);
        }
        // Reset first: an absence that is believed from now on was looked up after the change.
        if (Interlocked.Exchange(ref _absences, 0) != 0)
            _kernel.ExpireAllNames();
    }

    /// <summary>The name, also where it was believed absent, and the directory's time.</summary>
    private void Expire(CachePath path)
    {
        if (path.IsRoot || _inodes.Directory(path.Parent) is not { } parent)
            return;
        _kernel.ExpireName(parent.Id, PosixNames.Show(path.Name));
        _kernel.ExpireAttributes(parent.Id);
    }
}
