using Orleans.Cache.Identity;

namespace Orleans.Cache.Filling;

/// <summary>
/// Decides whether a miss fills its pages or reads past the cache. A small read of a larger file would pull a whole page for
/// a few bytes; so it bypasses, and its page is remembered: whoever comes back to the page (a random reader that reuses it,
/// a sequential reader with a small buffer) fills it. Also remembers contents that cannot be kept for now.
/// </summary>
/// <remarks>
/// The memory is a table of fingerprints indexed by hash, written without locks: a lost or colliding entry costs one bypass
/// or one fill too many, never a wrong byte.
/// </remarks>
internal sealed class BypassAdmission(CacheLimits limits, TimeProvider time)
{
    /// <summary>How long a content that could not be kept (too young a version, no room) is read past the cache before filling is tried again: the age at which local versions are settled.</summary>
    private static readonly TimeSpan UnkeptFor = TimeSpan.FromSeconds(2);

    private readonly uint[] _seen = new uint[limits.BypassMemory];
    private readonly (FileId File, long Since)[] _unkept = new (FileId, long)[256];
    private readonly Lock _unkeptGate = new();

    /// <summary>Whether a read that missed should go past the cache.</summary>
    /// <param name="file">The content.</param>
    /// <param name="page">The page that missed.</param>
    /// <param name="expected">Bytes that the reader is going to read in order from where it is.</param>
    public bool ShouldBypass(FileRef file, long page, long expected)
    {
        if (IsUnkept(file.Id))
            return true;
        if (expected >= limits.BypassBelowBytes || file.Length <= limits.BypassBelowBytes)
            return false;
        uint hash = (uint)new PageId(file.Id, page).GetHashCode();
        ref uint seen = ref _seen[hash % (uint)_seen.Length];
        uint fingerprint = hash | 1;
        if (seen == fingerprint)
            return false;
        seen = fingerprint;
        return true;
    }

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

    private int SlotOf(FileId file) => (int)((uint)file.GetHashCode() % (uint)_unkept.Length);
}
