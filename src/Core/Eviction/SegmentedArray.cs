using System.Runtime.CompilerServices;

namespace Orleans.Cache.Eviction;

/// <summary>
/// An array that grows by segments: what is there is never copied, so growing costs one segment's time however large it is, and
/// references into it stay good. One writer grows it; readers of elements that exist need no lock.
/// </summary>
internal sealed class SegmentedArray<T> where T : unmanaged
{
    /// <summary>64 Ki elements: large enough that the table of segments stays small, small enough that a small cache stays small.</summary>
    private const int SegmentBits = 16;
    private const int SegmentLength = 1 << SegmentBits;

    private T[][] _segments = [];

    public int Length => Volatile.Read(ref _segments).Length << SegmentBits;

    public long MemoryBytes => (long)Length * Unsafe.SizeOf<T>() + (long)_segments.Length * IntPtr.Size;

    public ref T this[int index] => ref Volatile.Read(ref _segments)[index >>> SegmentBits][index & (SegmentLength - 1)];

    /// <summary>Makes <paramref name="index"/> an element; new ones are zero. Serialised by the caller.</summary>
    public void Cover(int index)
    {
        if (index < Length)
            return;
        T[][] segments = _segments;
        int old = segments.Length;
        Array.Resize(ref segments, (index >>> SegmentBits) + 1);
        for (int i = old; i < segments.Length; i++)
            segments[i] = new T[SegmentLength];
        // Published whole: a reader sees the former table or the complete new one.
        Volatile.Write(ref _segments, segments);
    }
}
