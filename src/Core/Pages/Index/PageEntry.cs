namespace Orleans.Cache.Pages.Index;

/// <summary>State of a page. Each transition has one owner; see <see cref="PageIndex"/>.</summary>
internal enum PageState
{
    Absent,

    /// <summary>A writer owns it.</summary>
    Filling,

    /// <summary>Its bytes may be read.</summary>
    Present,

    /// <summary>The remover owns it: no longer readable, and not fillable before its blocks are gone.</summary>
    Evicting,
}

/// <summary>12 bytes per page. An entry's number is what the eviction policy knows the page by.</summary>
internal struct PageEntry
{
    /// <summary>CRC32C of the page; while the entry is free, the next free run.</summary>
    public uint Checksum;

    /// <summary>See <see cref="PageWord"/>.</summary>
    public uint Word;

    /// <summary>The file slot that holds the entry, or -1. The low bits name the shard, so the shard to lock is known without touching the slot.</summary>
    public int Owner;
}

/// <summary>
/// The state word of a page: state (2 bits), verified, tracked, generation (28 bits). The generation rises whenever the page
/// stops being Present and survives reuse of the entry, so that a reader that sees it unchanged after copying knows that the
/// bytes it copied were the page's. (To be fooled it would have to sleep through 2^28 evictions of one entry.)
/// </summary>
internal readonly record struct PageWord(uint Bits)
{
    /// <summary>Set once the bytes matched the checksum in this process's life.</summary>
    public const uint VerifiedBit = 4;

    /// <summary>The eviction policy holds the entry. Changes only under the policy's lock.</summary>
    public const uint TrackedBit = 8;

    private const uint StateMask = 3;
    private const uint GenerationStep = 16;

    public PageState State => (PageState)(Bits & StateMask);

    public bool IsVerified => (Bits & VerifiedBit) != 0;

    public bool IsTracked => (Bits & TrackedBit) != 0;

    /// <summary>Same state and generation; verification and tracking may differ.</summary>
    public bool IsSameLife(PageWord other) => ((Bits ^ other.Bits) & ~(VerifiedBit | TrackedBit)) == 0;

    /// <summary>The next state, with no flags; the generation rises on leaving Present.</summary>
    public PageWord To(PageState state) =>
        new((Bits & ~(GenerationStep - 1)) + (State == PageState.Present ? GenerationStep : 0) + (uint)state);
}
