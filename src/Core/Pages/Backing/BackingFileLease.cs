using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages.Backing;

/// <summary>A lease on pages of one backing file: the index keeps them from being punched, the reference keeps the descriptor.</summary>
internal sealed class BackingFileLease(PageIndex index, IBackingFiles files, FileId id, BackingFile file, long offset, long length)
    : BackingLease(offset, length)
{
    private BackingFile? _file = file;

    public override SafeFileHandle File => Lent.Handle;

    private BackingFile Lent => _file ?? throw new ObjectDisposedException(nameof(BackingLease));

    public override int TryRead(Span<byte> destination) =>
        Math.Max(0, files.TryRead(Lent.Descriptor, destination[..(int)Math.Min(destination.Length, Length)], Offset));

    public override void Doubt() => index.Doubt(id, Lent.Incarnation, Offset, Length);

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _file, null) is not { } lent)
            return;
        index.EndLease(id, lent.Incarnation);
        lent.Release();
    }
}
