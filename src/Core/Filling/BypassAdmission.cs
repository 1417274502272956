using Orleans.Cache.Identity;

namespace Orleans.Cache.Filling;

/// <summary>
/// Decides whether a miss fills its pages or reads past the cache. A small read of a larger file would pull a whole page for a few bytes; so it bypasses, unless the
/// bytes were asked for before (reuse), or it is the third that goes on where the last ended (a sequential reader with a small buffer), or as much of its page was asked
/// for in small reads as makes a large one (records of a data set). Reads at random places thus cost what they read. Also remembers contents that cannot be kept for now.
/// </summary>
/// <remarks>
/// The memory is a table of fingerprints indexed by hash, written without locks: a lost or colliding entry costs one bypass
/// or one fill too many, never a wrong byte.
/// </remarks>
internal sealed class BypassAdmission(CacheLimits limits, TimeProvider time)
{
    /// <summary>How long a content that could not be kept (too young a version, no room) is read past the cache before filling is tried again: the age at which local versions are settled.</summary>
    private static readonly TimeSpan UnkeptFor = TimeSpan.FromSeconds(2);

    /// <summary>Bytes that count as the same place: a page of a database, or of memory.</summary>
    private const int PlaceBytes = 4 * CacheLimits.KiB;

    /// <summary>In a fingerprint of an end: the read that ended there had itself gone on where another ended.</summary>
    private const uint Continued = 1;

    /// <summary>In an entry of a page: KiB that small reads asked of it.</summary>
    private const uint AmountMask = 1023;

    private readonly uint[] _pages = new uint[limits.BypassMemory];
    private readonly uint[] _places = new uint[limits.BypassMemory];
    private readonly uint[] _ends = new uint[limits.BypassMemory];
    private readonly (FileId File, long Since)[] _unkept = new (FileId, long)[256];
    private readonly Lock _unkeptGate = new();

    /// <summary>Whether a read that missed should go past the cache.</summary>
    /// <param name="file">The content.</param>
    /// <param name="offset">Where it reads.</param>
    /// <param name="expected">Bytes that the reader is going to read in order from where it is.</param>
    public bool ShouldBypass(FileRef file, long offset, long expected)
    {
        if (IsUnkept(file.Id))
            return true;
        if (expected >= limits.BypassBelowBytes || file.Length <= limits.BypassBelowBytes)
            return false;
        uint start = HashOf(file, offset), end = HashOf(file, offset + expected), place = HashOf(file, offset / PlaceBytes);
        uint before = _ends[start % (uint)_ends.Length];
        ref uint after = ref _ends[end % (uint)_ends.Length];
        ref uint seen = ref _places[place % (uint)_places.Length];
        bool goesOn = IsSame(before, start, Continued);
        // What goes on within one place is a small buffer, not reuse.
        if (goesOn ? (before & Continued) != 0 : IsSame(seen, place, 0))
            return false;
        // A later piece of one request: its end is there since its first.
        if (!goesOn && IsSame(after, end, Continued))
            return true;
        after = (end & ~Continued) | (goesOn ? Continued : 0);
        seen = place;
        return !IsMuch(file, offset, expected);
    }

    /// <summary>Adds a read to those of its page.</summary>
    private bool IsMuch(FileRef file, long offset, long bytes)
    {
        uint page = HashOf(file, offset / file.PageSize);
        ref uint asked = ref _pages[page % (uint)_pages.Length];
        uint sum = (IsSame(asked, page, AmountMask) ? asked & AmountMask : 0) + (uint)Math.Max(1, bytes / CacheLimits.KiB);
        asked = (page & ~AmountMask) | Math.Min(sum, AmountMask);
        return sum * CacheLimits.KiB >= limits.BypassBelowBytes;
    }

    /// <summary>Whether an entry is that of a hash, its low bits apart. Entries that were never written are nobody's, save one in four billion.</summary>
    private static bool IsSame(uint entry, uint hash, uint mask) => (entry & ~mask) == (hash & ~mask);

    /// <summary>Pages of this content were read and could not be kept: filling more of it would read in vain.</summary>
    public void CouldNotKeep(FileId file)
    {
        lock (_unkeptGate)
            _unkept[SlotOf(file)] = (file, time.GetTimestamp());
    }

    /// <summary>Whether this content could not be kept a moment ago.</summary>
    public bool IsUnkept(FileId file)
    {
        lock (_unkeptGate)
        {
            (FileId unkept, long since) = _unkept[SlotOf(file)];
            return unkept == file && time.GetElapsedTime(since) < UnkeptFor;
        }
    }

    private static uint HashOf(FileRef file, long number) => (uint)new PageId(file.Id, number).GetHashCode();

    private int SlotOf(FileId file) => (int)((uint)file.GetHashCode() % (uint)_unkept.Length);
}
