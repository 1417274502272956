namespace Orleans.Cache.Pages.Index;

/// <summary>
/// A flat array that grows by segments: elements never move, so a reference or an index stays good while others grow it, and
/// growing never copies what is there (doubling an array of 10 million slots would stop a reader for its length and need
/// both copies at once). One grower at a time; any number of readers of indices below the capacity they have seen.
/// </summary>
internal sealed class SegmentedArray<T>(int segmentBits)
    where T : unmanaged
{
    private readonly int _mask = (1 << segmentBits) - 1;
    private T[][] _segments = [];

    public int Capacity => Volatile.Read(ref _segments).Length << segmentBits;

    public long MemoryBytes
    {
        get
        {
            unsafe
            {
                return (long)Capacity * sizeof(T);
            }
        }
    }

    public ref T this[int index] => ref Volatile.Read(ref _segments)[index >> segmentBits][index & _mask];

    public void EnsureCapacity(int count)
    {
        T[][] segments = _segments;
        int needed = (int)(((long)count + _mask) >> segmentBits);
        if (needed <= segments.Length)
            return;
        int had = segments.Length;
        Array.Resize(ref segments, needed);
        for (int i = had; i < needed; i++)
            segments[i] = new T[1 << segmentBits];
        Volatile.Write(ref _segments, segments);
    }
}
