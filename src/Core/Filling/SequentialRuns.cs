using Orleans.Cache.Identity;

namespace Orleans.Cache.Filling;

/// <summary>
/// Tells readers who go on where they stopped from those who jump, over requests of which each says only how far it goes itself. Whoever misses exactly at the page at
/// which it was to miss next, if it read on, is sequential: it is read ahead for twice as far each time, up to the window of those who say that they read all. Who
/// jumps (a footer, then chunks of columns) is given what it asks for.
/// </summary>
/// <remarks>
/// Only misses come here: pages that were read ahead are hits. A table of fingerprints by hash, written without locks: a lost entry costs some reading ahead, a colliding one
/// some bytes too many.
/// </remarks>
internal sealed class SequentialRuns(CacheLimits limits, int pageSize)
{
    /// <summary>Readers that are told apart; 4 bytes each.</summary>
    private const int Readers = 4096;

    /// <summary>Low bits of an entry: how often its reader went on. 2^15 pages are more than any window.</summary>
    private const uint RunMask = 15;

    private readonly uint[] _next = new uint[Readers];

    /// <summary>Whether it is here that a sequential reader misses next.</summary>
    public bool GoesOn(FileRef file, long offset) => RunAt(file, offset) > 0;

    /// <summary>Bytes to expect of a reader that misses, and notes where it will miss next if it reads on.</summary>
    /// <param name="file">The content.</param>
    /// <param name="offset">Where it misses.</param>
    /// <param name="expected">What it says.</param>
    public long Expect(FileRef file, long offset, long expected)
    {
        int run = RunAt(file, offset);
        long wanted = run == 0 ? expected : Math.Max(expected, Math.Min(limits.ReadAheadBytes, Math.Max(expected, pageSize) << run));
        long end = (Math.Min(offset + wanted, file.Length) + pageSize - 1) / pageSize;
        uint next = HashOf(file, end);
        _next[next % Readers] = (next & ~RunMask) | Math.Min((uint)run + 1, RunMask);
        return wanted;
    }

    private int RunAt(FileRef file, long offset)
    {
        // Who reads on misses at a page's first byte, wherever requests begin and end: what comes before it in the request was there.
        if (offset % pageSize != 0)
            return 0;
        uint here = HashOf(file, offset / pageSize);
        uint found = _next[here % Readers];
        return (found & ~RunMask) == (here & ~RunMask) ? (int)(found & RunMask) : 0;
    }

    private static uint HashOf(FileRef file, long page) => (uint)new PageId(file.Id, page).GetHashCode();
}
