namespace Orleans.Cache.Pages;

/// <summary>
/// Allocated bytes of one store directory, or of one under storage in all of them: pages rounded up to the file system's block, pages being written and unlinked files
/// still open included. Journals and names are not: they come to about 64 bytes a page and 150 a file.
/// </summary>
internal sealed class SpaceLedger(long capacity, int blockSize)
{
    private long _quota = capacity;
    private long _capacity = capacity;
    private long _used;

    public long Used => Interlocked.Read(ref _used);

    /// <summary>The quota, or less since the disk turned out to be full before it.</summary>
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

    public bool IsShrunk => Capacity < Interlocked.Read(ref _quota);

    /// <summary>
    /// After a full disk: takes half of what is free now, up to the quota. The other half is for whoever else writes there: with
    /// each further call the rest is halved again, and a disk that is still full grows nothing.
    /// </summary>
    public bool TryGrow(long free)
    {
        long now = Capacity;
        long grown = Math.Min(Used + (free / 2), Interlocked.Read(ref _quota));
        return grown > now && Interlocked.CompareExchange(ref _capacity, grown, now) == now;
    }

    /// <summary>Another quota, which may be below what is used.</summary>
    public void Resize(long quota)
    {
        Interlocked.Exchange(ref _quota, quota);
        Interlocked.Exchange(ref _capacity, quota);
    }

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
