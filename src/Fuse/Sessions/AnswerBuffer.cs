using System.Buffers;
using System.Runtime.InteropServices;
using Orleans.Cache.Fuse.Protocol;

namespace Orleans.Cache.Fuse.Sessions;

/// <summary>
/// Memory for one answer: the header lies right before the data, so that both leave in one write(2), and the data begin on a page, as
/// the kernel copies them fastest. Outside of the managed heap: it does not move while a device writes into it.
/// </summary>
internal sealed unsafe class AnswerBuffer : MemoryManager<byte>
{
    private const int Page = 4096;

    private readonly int _capacity;
    private byte* _start;

    public AnswerBuffer(int capacity)
    {
        _capacity = capacity;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)(Page + capacity), Page);
    }

    /// <summary>Bytes of data.</summary>
    public int Capacity => _capacity;

    public override Span<byte> GetSpan() => new(_start + Page, _capacity);

    /// <summary>Header and data as they leave.</summary>
    public Span<byte> Message(int dataLength) => new(_start + Page - Wire.AnswerHeaderSize, Wire.AnswerHeaderSize + dataLength);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + Page + elementIndex);

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
