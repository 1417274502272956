using System.Buffers;
using System.Runtime.InteropServices;

namespace Orleans.Cache.Filling;

/// <summary>
/// Memory outside the managed heap: page bytes never make the garbage collector work. Aligned to 4 KiB, so that direct I/O
/// stays possible and no buffer shares a memory page with another.
/// </summary>
internal sealed unsafe class NativeBuffer : MemoryManager<byte>
{
    private const int Alignment = 4096;

    private byte* _start;

    public NativeBuffer(int size)
    {
        Size = size;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)size, Alignment);
    }

    public int Size { get; }

    public override Span<byte> GetSpan() => new(_start, Size);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
        // Native memory does not move.
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
