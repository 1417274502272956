using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Pages.Backing;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>
/// Real backing files, of which a test can stop an operation just before or after it happens, or make it fail: so an
/// interleaving that takes luck elsewhere happens every time.
/// </summary>
internal sealed class HeldBackingFiles(IBackingFiles inner) : IBackingFiles
{
    /// <summary>Runs before an operation of this name; may block.</summary>
    public Action<string> Before { get; set; } = static _ => { };

    public Action<string> After { get; set; } = static _ => { };

    /// <summary>errno that an operation fails with; 0 lets it through.</summary>
    public Func<string, int> Fail { get; set; } = static _ => 0;

    /// <summary>Off: behaves as a disk does, so that the paths that wait are taken.</summary>
    public bool NeverWaits { get; set; } = inner.NeverWaits;

    public int BlockSize => inner.BlockSize;

    public long FreeBytes => inner.FreeBytes;

    public int Open(FileId file, long incarnation, BackingOpen how) =>
        Run("open", () => how == BackingOpen.CachedOnly && !NeverWaits ? -LinuxFiles.TryAgain : inner.Open(file, incarnation, how));

    public void Close(int descriptor) => inner.Close(descriptor);

    public int TryRead(int descriptor, Span<byte> destination, long offset)
    {
        if (!NeverWaits)
            return -LinuxFiles.TryAgain;
        return Read(descriptor, destination, offset);
    }

    public int Read(int descriptor, Span<byte> destination, long offset)
    {
        Before("read");
        int error = Fail("read");
        int got = error != 0 ? -error : inner.Read(descriptor, destination, offset);
        After("read");
        return got;
    }

    public int Write(int descriptor, ReadOnlySpan<byte> data, long offset)
    {
        Before("write");
        int error = Fail("write");
        int result = error != 0 ? -error : inner.Write(descriptor, data, offset);
        After("write");
        return result;
    }

    public int Punch(int descriptor, long offset, long length) => Run("punch", () => inner.Punch(descriptor, offset, length));

    public int Unlink(FileId file, long incarnation) => Run("unlink", () => inner.Unlink(file, incarnation));

    public long LengthOf(int descriptor) => inner.LengthOf(descriptor);

    public nint Map(int descriptor, long offset, int length)
    {
        nint address = 0;
        int result = Run("map", () =>
        {
            address = inner.Map(descriptor, offset, length);
            return 0;
        });
        return result < 0 ? result : address;
    }

    public void Unmap(nint address, int length) => Run("unmap", () =>
    {
        inner.Unmap(address, length);
        return 0;
    });

    public void Dispose() => inner.Dispose();

    private int Run(string operation, Func<int> action)
    {
        Before(operation);
        int error = Fail(operation);
        int result = error != 0 ? -error : action();
        After(operation);
        return result;
    }
}
