using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages.Index;

/// <summary>What is known of a file beyond its pages; kept in its head slot.</summary>
[Flags]
internal enum FileFlags : byte
{
    None = 0,

    /// <summary>The backing file was created: from now on a missing one is damage, not a first use.</summary>
    Exists = 1,

    /// <summary>The file leaves: no page may be filled or published any more.</summary>
    Unlinking = 2,

    /// <summary>The backing file is gone; the slot is free once no page is Filling or Evicting.</summary>
    Unlinked = 4,

    /// <summary>Lent: may be unlinked, never punched.</summary>
    Leased = 8,

    /// <summary>The name log holds its name (set by readers of that log).</summary>
    Named = 16,

    /// <summary>Its name was carried over by the name log's rewrite that is under way.</summary>
    NameCopied = 32,

    /// <summary>
    /// Handed to the kernel once, or may have been by a process before: a mapping of it outlives every lease, and what the mapping shows must not be punched. The file
    /// leaves as a whole or not at all.
    /// </summary>
    Handed = 64,
}

/// <summary>
/// One extent (64 pages) of one file: 64 bytes, one cache line. The slot of extent 0 is the file's head and exists while any
/// other does; the others hang in a list on it.
/// </summary>
internal struct FileSlot
{
    public ulong IdHigh;
    public ulong IdLow;
    public long Length;

    /// <summary>Number of this life of the file in this directory; part of the backing file's name.</summary>
    public long Incarnation;
    public long Extent;

    /// <summary>Next slot of the hash bucket, or of the free list.</summary>
    public int Next;

    /// <summary>First entry of the extent's contiguous run, -1 while no page of it is anything but Absent.</summary>
    public int FirstEntry;
    public int NextOfFile;
    public int PreviousOfFile;

    /// <summary>Head only: pages of the whole file that are Filling or Present.</summary>
    public int LivePages;

    /// <summary>Pages of this extent that are not Absent.</summary>
    public byte ExtentPages;

    /// <summary>Head only.</summary>
    public FileFlags Flags;

    /// <summary>The under storage that the file is of, the same in all its slots: <see cref="StorageSpace.Number"/>.</summary>
    public ushort Share;

    public readonly FileId Id => new(new UInt128(IdHigh, IdLow));
}
