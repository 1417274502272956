namespace Orleans.Cache.Pages.Backing;

/// <summary>
/// Windows of backing files that are mapped, at most a given number: a page table entry (8 bytes) stands for each 4 KiB that was ever touched of one, so
/// what is mapped is bounded, whatever the files' sizes. Only where the store lies in memory: elsewhere touching a mapping may wait for a device.
/// </summary>
/// <remarks>
/// Invariants: a range has one window in the table; after <see cref="Forget"/> and after Dispose the table holds no window of that file, or of any; who uses one has it mapped
/// until the release. A window holds its file open, so an unlinked file's blocks stay until then, and count as long as the cache of descriptors has the file, too.
/// </remarks>
internal sealed class MappedWindows(IBackingFiles files) : IDisposable
{
    /// <summary>
    /// A window is made for a range of this size or more: mapping and unmapping cost what copying some hundred KiB does (20,000 files of 100 KB were read at 0.16 of the raw ones
    /// with a mapping each, and at 0.21 without). Shorter ranges are shown where a window is there.
    /// </summary>
    public const int WorthMapping = 256 * CacheLimits.KiB;

    /// <summary>Windows begin at multiples of this, so that one serves many reads in order.</summary>
    private const int Step = 64 * CacheLimits.MiB;

    /// <summary>And reach into the next by this, the most that a read of the kernel's asks for unless told otherwise (FuseOptions): so that there is always one that has all of it.</summary>
    private const int Overlap = CacheLimits.MiB;

    /// <summary>4 GiB: page tables of 8 MiB at most.</summary>
    private const int Most = 64;

    private readonly Lock _gate = new();
    private readonly MappedWindow?[] _windows = new MappedWindow?[Most];
    private int _hand;
    private volatile int _count;
    private bool _closed;

    /// <summary>The window that shows a range of a file, where it is mapped. The caller releases it.</summary>
    public MappedWindow? TryRent(long incarnation, long offset, int count)
    {
        if (_count == 0)
            return null;
        lock (_gate)
            return Find(incarnation, offset, count);
    }

    /// <summary>Maps the window that a range lies in, which is <see cref="WorthMapping"/>. Null where there is none, or it cannot be had. The caller releases it.</summary>
    /// <param name="file">Of which the caller has a reference.</param>
    /// <param name="fileLength">Bytes of the whole content.</param>
    /// <param name="offset">First byte of the range.</param>
    /// <param name="count">Bytes of it.</param>
    public MappedWindow? Map(BackingFile file, long fileLength, long offset, int count)
    {
        long start = offset / Step * Step;
        int length = (int)Math.Min(Step + Overlap, fileLength - start);
        if (offset + count > start + length)
            return null;
        nint address = files.Map(file.Descriptor, start, length);
        if (address < 0)
            return null;
        file.Retain();
        var window = new MappedWindow(files, file, start, address, length);
        (MappedWindow given, MappedWindow? released) = Keep(window, offset, count);
        released?.Release();
        return given;
    }

    /// <summary>Puts a window into the table, unless somebody else has put in its like meanwhile. Gives the one to use, and one to release.</summary>
    private (MappedWindow Given, MappedWindow? Released) Keep(MappedWindow window, long offset, int count)
    {
        lock (_gate)
        {
            // Used by the caller alone, and unmapped when it is done.
            if (_closed)
                return (window, null);
            if (Find(window.File.Incarnation, offset, count) is { } there)
                return (there, window);
            window.Retain();
            int place = NextPlace();
            MappedWindow? replaced = _windows[place];
            _windows[place] = window;
            _count += replaced is null ? 1 : 0;
            return (window, replaced);
        }
    }

    /// <summary>Under the gate.</summary>
    private MappedWindow? Find(long incarnation, long offset, int count)
    {
        foreach (MappedWindow? window in _windows)
        {
            if (window is null || !window.Shows(incarnation, offset, count))
                continue;
            window.WasUsed = true;
            window.Retain();
            return window;
        }
        return null;
    }

    /// <summary>Unmaps what is mapped of a file that left, as soon as its last user is done.</summary>
    public void Forget(long incarnation)
    {
        while (Take(incarnation) is { } window)
            window.Release();
    }

    public void Dispose()
    {
        lock (_gate)
            _closed = true;
        while (Take(null) is { } window)
            window.Release();
    }

    /// <summary>Takes one out.</summary>
    /// <param name="incarnation">Of this file; null: of any.</param>
    private MappedWindow? Take(long? incarnation)
    {
        lock (_gate)
        {
            for (int i = 0; i < Most; i++)
            {
                if (_windows[i] is not { } window || (incarnation is not null && window.File.Incarnation != incarnation))
                    continue;
                _windows[i] = null;
                _count--;
                return window;
            }
            return null;
        }
    }

    /// <summary>An empty place, or that of the first window that was not used since the hand passed.</summary>
    private int NextPlace()
    {
        if (_count < Most)
            return Array.IndexOf(_windows, null);
        while (true)
        {
            int place = _hand;
            _hand = (_hand + 1) % Most;
            if (_windows[place] is not { WasUsed: true } window)
                return place;
            window.WasUsed = false;
        }
    }
}
