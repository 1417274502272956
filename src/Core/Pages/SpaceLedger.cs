namespace Orleans.Cache.Pages;

/// <summary>
/// Allocated bytes of one store directory: pages rounded up to the file system's block, pages being written and unlinked files
/// still open included. Journals and names are not: they come to about 64 bytes a page and 150 a file.
/// </summary>
internal sealed class SpaceLedger(long capacity, int blockSize)
{
    private long _capacity = capacity;
    private long _used;

    public long Used => Interlocked.Read(ref _used);

    /// <summary>The quota, or less once the disk turned out to be full before it.</summary>
    public long Capacity => Interlocked.Read(ref _capacity);

    public long Allocated(int length) => ((long)length + blockSize - 1) / blockSize * blockSize;

    public bool TryReserve(long bytes)
    {
        long used = Used;
        while (used + bytes <= Capacity)
        {
            long seen = Interlocked.CompareExchange(ref _used, used + bytes, used);
            if (seen == used)
                return true;
            used = seen;
        }
        return false;
    }

    public void Add(long bytes) => Interlocked.Add(ref _used, bytes);

    public void Release(long bytes) => Interlocked.Add(ref _used, -bytes);

    /// <summary>The disk is full: what is used now is all there is.</summary>
    public void ShrinkToUsed()
    {
        long now = Used;
        long capacity = Capacity;
        while (now < capacity)
        {
            long seen = Interlocked.CompareExchange(ref _capacity, now, capacity);
            if (seen == capacity)
                return;
            capacity = seen;
        }
    }
}
