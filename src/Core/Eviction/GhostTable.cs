using System.Numerics;

namespace Orleans.Cache.Eviction;

/// <summary>
/// Remembers which pages left lately, by 16-bit fingerprints in a table indexed by hash: a newcomer overwrites whoever has its
/// place, so a page is remembered for about as many departures as the table has places. Mistakes put a page into the wrong
/// queue, no more. One to two bytes per cached page.
/// </summary>
internal sealed class GhostTable
{
    /// <summary>For small caches, where the memory does not matter.</summary>
    private const int MinPlaces = 1024;

    private ushort[] _fingerprints = new ushort[MinPlaces];

    public long MemoryBytes => _fingerprints.Length * sizeof(ushort);

    /// <summary>Sizes the table for a cache of <paramref name="entries"/> pages. Growing forgets: it happens while the cache fills, when nothing has left yet.</summary>
    public void SizeFor(int entries)
    {
        int places = Math.Max(MinPlaces, (int)(BitOperations.RoundUpToPowerOf2((uint)entries + 1) / 2));
        if (places > _fingerprints.Length)
            _fingerprints = new ushort[places];
    }

    public void Add(uint identityHash) => Place(identityHash) = FingerprintOf(identityHash);

    public bool TryTake(uint identityHash)
    {
        ref ushort place = ref Place(identityHash);
        if (place != FingerprintOf(identityHash))
            return false;
        place = 0;
        return true;
    }

    private ref ushort Place(uint identityHash) => ref _fingerprints[Mixed(identityHash) & (uint)(_fingerprints.Length - 1)];

    /// <summary>Never 0, which is an empty place.</summary>
    private static ushort FingerprintOf(uint identityHash) => (ushort)((identityHash * 0x85EB_CA6B >> 16) | 1);

    private static uint Mixed(uint identityHash) => BitOperations.RotateLeft(identityHash * 0x9E37_79B9, 15);
}
