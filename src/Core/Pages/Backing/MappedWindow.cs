namespace Orleans.Cache.Pages.Backing;

/// <summary>
/// A part of a backing file as memory of this process, for reading. Counted as <see cref="BackingFile"/> is: <see cref="MappedWindows"/> holds one
/// reference and every user one, and it is unmapped with the last, never under a reader.
/// </summary>
/// <param name="files">Maps and unmaps.</param>
/// <param name="file">Retained for the window, which releases it: the blocks of an unlinked file live as long as its mappings.</param>
/// <param name="offset">First byte within the file.</param>
/// <param name="address">Where it lies.</param>
/// <param name="length">Bytes.</param>
internal sealed unsafe class MappedWindow(IBackingFiles files, BackingFile file, long offset, nint address, int length)
{
    private int _references = 1;

    public BackingFile File => file;

    public long Offset => offset;

    /// <summary>Second chance of the clock.</summary>
    public bool WasUsed { get; set; }

    public bool Shows(long incarnation, long from, int count) =>
        file.Incarnation == incarnation && from >= offset && from + count <= offset + length;

    /// <summary>Only while another reference is known to exist.</summary>
    public void Retain() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
            return;
        files.Unmap(address, length);
        file.Release();
    }

    /// <summary>A part of it, for the kernel to copy and for nobody to look at: of a file that somebody truncates, touching it ends the process.</summary>
    public ReadOnlySpan<byte> Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + (long)count, length);
        return new ReadOnlySpan<byte>((byte*)address + start, count);
    }
}
