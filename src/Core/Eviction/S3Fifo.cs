namespace Orleans.Cache.Eviction;

/// <summary>
/// S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023). New pages enter a small queue (a tenth of
/// the entries); those read at least twice there go on to the main queue, the others leave and are remembered as ghosts; a page
/// that comes back while it is a ghost enters the main queue at once. The main queue gives pages that were read another round.
/// So a scan flows through the small queue without disturbing what is in use.
/// </summary>
/// <remarks>
/// Invariants:
/// <list type="bullet">
/// <item>An entry's state byte holds its queue (none, small, main) and how often it was read, 0 to 3; it is in that queue, once.</item>
/// <item>Queues change only under the caller's lock. Touched changes a state byte only by compare-and-swap and only its
/// frequency, so an entry that leaves or moves at that moment is not brought back.</item>
/// <item>18 bytes an entry: two links, the hash that becomes its ghost, the state, and 5 for a ghost.</item>
/// </list>
/// </remarks>
public sealed class S3Fifo : IEvictionPolicy
{
    public const string PolicyName = "s3fifo";

    /// <summary>The small queue's share of the entries: a tenth, by the paper's measurements over 6,594 traces.</summary>
    private const int SmallShare = 10;

    /// <summary>Reads in the small queue that show that a page is used again, by the paper.</summary>
    private const int ReadsToStay = 2;

    private const byte FrequencyMask = 0b11;
    private const byte InSmall = 0b0100;
    private const byte InMain = 0b1000;

    private readonly SegmentedArray<EntryLinks> _links = new();
    private readonly SegmentedArray<uint> _hashes = new();
    private readonly SegmentedArray<byte> _states = new();
    private readonly GhostTable _ghosts = new();
    private readonly EntryQueue _small;
    private readonly EntryQueue _main;

    public S3Fifo()
    {
        _small = new EntryQueue(_links);
        _main = new EntryQueue(_links);
    }

    public string Name => PolicyName;

    public int Count => _small.Count + _main.Count;

    public long MemoryBytes => _links.MemoryBytes + _hashes.MemoryBytes + _states.MemoryBytes + _ghosts.MemoryBytes;

    public void Added(int entry, uint identityHash)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(entry);
        _links.Cover(entry);
        _hashes.Cover(entry);
        // Last: Touched looks at states only.
        _states.Cover(entry);
        if (_states[entry] != 0)
            throw new InvalidOperationException($"Entry {entry} is in already.");
        _hashes[entry] = identityHash;
        if (_ghosts.Take(identityHash, Count))
            Enter(_main, InMain, entry);
        else
            Enter(_small, InSmall, entry);
    }

    public void Touched(int entry)
    {
        if ((uint)entry >= (uint)_states.Length)
            return;
        ref byte state = ref _states[entry];
        byte seen = Volatile.Read(ref state);
        // Most pages in use are at the top already: then nothing is written, and the line stays shared between cores.
        while (seen != 0 && (seen & FrequencyMask) != FrequencyMask)
        {
            byte before = Interlocked.CompareExchange(ref state, (byte)(seen + 1), seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    public void Removed(int entry)
    {
        if ((uint)entry < (uint)_states.Length && _states[entry] != 0)
            Leave(entry);
    }

    public bool TryNextVictim(out int entry)
    {
        // Each step shrinks the small queue or takes one read off an entry of the main queue, which holds 3 at most: so 4 rounds
        // find a victim, unless readers add reads faster than this takes them off. Then the oldest leaves all the same.
        for (long steps = 4L * Count; Count > 0; steps--)
        {
            bool fromSmall = _small.Count > 0 && (_main.Count == 0 || _small.Count >= Math.Max(1, Count / SmallShare));
            entry = fromSmall ? _small.Oldest : _main.Oldest;
            int reads = Volatile.Read(ref _states[entry]) & FrequencyMask;
            Leave(entry);
            if (steps > 0 && fromSmall && reads >= ReadsToStay)
            {
                Enter(_main, InMain, entry);
            }
            else if (steps > 0 && !fromSmall && reads > 0)
            {
                Enter(_main, (byte)(InMain + reads - 1), entry);
            }
            else
            {
                if (fromSmall)
                    _ghosts.Insert(_hashes[entry], Count + 1);
                return true;
            }
        }
        entry = -1;
        return false;
    }

    private void Enter(EntryQueue queue, byte state, int entry)
    {
        queue.Append(entry);
        Volatile.Write(ref _states[entry], state);
    }

    private void Leave(int entry)
    {
        byte state = Interlocked.Exchange(ref _states[entry], 0);
        ((state & InMain) != 0 ? _main : _small).Remove(entry);
    }
}
