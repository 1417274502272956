namespace Orleans.Cache;

/// <summary>Every limit of the engine in one place, each with its unit and its reason. Front-end limits stand beside them in their options.</summary>
public sealed record CacheLimits
{
    public const int KiB = 1024;
    public const int MiB = 1024 * KiB;
    public const long GiB = 1024L * MiB;

    /// <summary>Bytes of a page unless configured. 1 MiB amortises a request to an object store and is Alluxio's page size, which clients assume.</summary>
    public const int DefaultPageSize = MiB;

    /// <summary>Smallest page size: below 64 KiB the index costs more than a thousandth of the data.</summary>
    public const int MinPageSize = 64 * KiB;

    /// <summary>Largest page size: a fill's buffers must fit many times into <see cref="FillBufferBytes"/>.</summary>
    public const int MaxPageSize = 16 * MiB;

    /// <summary>Bytes that move at a time from a source through the checksum into the store: a quarter of a core's second-level cache on current servers.</summary>
    public const int TransferPiece = 256 * KiB;

    /// <summary>Bytes that one ranged read of the under storage joins at most: object stores reach full stream speed by 8-16 MiB.</summary>
    public int MaxFillBytes { get; init; } = 16 * MiB;

    /// <summary>Bytes of all fill buffers together. Bounds the process's anonymous memory: 128 MiB leaves room below 300 MiB in all.</summary>
    public long FillBufferBytes { get; init; } = 128 * MiB;

    /// <summary>Bytes that read-ahead runs in front of one sequential reader, so that a few streams run in parallel (latency x bandwidth).</summary>
    public long ReadAheadBytes { get; init; } = 64 * MiB;

    /// <summary>Readers waiting for fill buffers; one more is answered Overloaded.</summary>
    public int MaxFillWaiters { get; init; } = 10_000;

    /// <summary>A read smaller than this of a file that is larger than it bypasses filling until its page is asked for again.</summary>
    public int BypassBelowBytes { get; init; } = 128 * KiB;

    /// <summary>Bypassed pages remembered to recognise a repetition; 4 bytes each.</summary>
    public int BypassMemory { get; init; } = 64 * KiB;

    /// <summary>Bytes that load jobs have on their way into a node's store, a quarter of the fill buffers at most: readers are never starved of buffers.</summary>
    public long LoadBytesInFlight { get; init; } = 32 * MiB;

    /// <summary>Load jobs that run at one time; one more is answered Overloaded. More would only share the same bytes in flight.</summary>
    public int MaxLoadJobs { get; init; } = 8;

    /// <summary>Load jobs remembered, ended ones included; the oldest that has ended is forgotten first. About 1 KiB each.</summary>
    public int MaxLoadJobsRemembered { get; init; } = 1000;

    /// <summary>Files that one load job has in hand: small files of an object store come at its latency, so many must be asked for at once.</summary>
    public int LoadFilesInFlight { get; init; } = 64;

    /// <summary>Files that fail one after the other until a load job gives up: by then it is the source or the store, not the files.</summary>
    public int LoadFailuresInARow { get; init; } = 100;

    /// <summary>Mounts of a node; one more is refused. Each open compares its path with them one after the other.</summary>
    public int MaxMounts { get; init; } = 1000;

    /// <summary>Under storages of removed mounts that stay open for readers of theirs; of more the first to be removed is closed.</summary>
    public int MaxRemovedMounts { get; init; } = 64;

    /// <summary>Statuses (negative ones included) remembered; about 500 bytes each.</summary>
    public int MaxStatuses { get; init; } = 250_000;

    /// <summary>Entries of all remembered listings together.</summary>
    public int MaxListedEntries { get; init; } = 200_000;

    /// <summary>A directory with more entries is streamed from the under storage each time, not remembered.</summary>
    public int MaxEntriesPerListing { get; init; } = 100_000;

    /// <summary>
    /// Backing files kept open: about 1.5 KiB each, kernel included. More make nothing faster: to find the one of many small files that is
    /// open costs as many cache misses as opening it (over 100,000 of 20 KiB, 65,536 open ones served 0.74 of nginx, 1,000 served 0.78).
    /// Fewer where the process may not open so many descriptors (<see cref="DescriptorBudget"/>).
    /// </summary>
    public int MaxOpenBackingFiles { get; init; } = 8 * KiB;

    /// <summary>Files, pages and reads that go on at shutdown get this long to end.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A fill that gets no byte for this long has failed: longer than any object store's tail, shorter than a client's patience.</summary>
    public TimeSpan FillProgressTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
