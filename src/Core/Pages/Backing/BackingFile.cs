using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Pages.Backing;

/// <summary>
/// An open backing file. Counted: the cache holds one reference and every user one, and the descriptor is closed with the last,
/// never under a reader. A file unlinked while it is open is a zombie: its blocks are given back to the ledger at that moment.
/// </summary>
internal sealed class BackingFile(IBackingFiles files, SpaceLedger ledger, int descriptor, long incarnation)
{
    private int _references = 1;
    private long _zombieBytes;
    private SafeFileHandle? _lent;

    public int Descriptor { get; } = descriptor;

    public long Incarnation { get; } = incarnation;

    /// <summary>Second chance of the cache's clock. Racy by intention: a lost update costs one reopening.</summary>
    public bool WasUsed { get; set; }

    /// <summary>The descriptor for APIs that want a handle; it does not own it.</summary>
    public SafeFileHandle Handle => _lent ??= new SafeFileHandle(Descriptor, ownsHandle: false);

    /// <summary>Only while another reference is known to exist.</summary>
    public void Retain() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
            return;
        files.Close(Descriptor);
        ledger.Release(Interlocked.Exchange(ref _zombieBytes, 0));
    }

    /// <summary>Blocks of the unlinked file that live on until the last release. The caller holds a reference.</summary>
    public void ReleaseOnClose(long bytes) => Interlocked.Add(ref _zombieBytes, bytes);
}
