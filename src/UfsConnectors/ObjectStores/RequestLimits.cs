namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>How one mount treats its store: patience, repetitions, concurrency.</summary>
internal sealed record RequestLimits
{
    /// <summary>Time without a byte after which a request counts as lost. A third of the engine's patience with a fill, so that it can be repeated within it.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time to connect: a host that does not answer within three SYNs is not there.</summary>
    public TimeSpan ConnectPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Times that one request is sent, the first included.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Wait before the first repetition, on average; doubled for each further one, each with jitter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait before a repetition, also where the store asks for more: readers wait.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests of one mount under way at one time. Enough for 100 Gbit/s at 50 MB/s a stream.</summary>
    public int Concurrency { get; init; } = 256;

    /// <summary>Requests in a row without an answer after which a store counts as dead: some failures are not a dead store.</summary>
    public int BreakAfter { get; init; } = 10;

    /// <summary>How long a dead store is not asked; then one request finds out.</summary>
    public TimeSpan BreakFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of a part of an upload, of its first 2,000; later ones are larger.</summary>
    public int PartBytes { get; init; } = 8 * CacheLimits.MiB;

    /// <summary>
    /// Bytes of an upload under way at one time, or one part where that is larger: four parts, with which radosgw takes 64 MiB in three quarters of the time of one after the other,
    /// and most of what a far store gives. One part where the mount is busy. Memory of an upload is that, or two parts.
    /// </summary>
    public int UploadBytes { get; init; } = 32 * CacheLimits.MiB;

    /// <summary>Bytes that are copied with one request at most: what S3 allows.</summary>
    public long MaxCopyBytes { get; init; } = 5 * CacheLimits.GiB;

    /// <summary>Bytes of a part of a longer copy: few requests, and none so long that losing it hurts.</summary>
    public long CopyPartBytes { get; init; } = CacheLimits.GiB;

    /// <summary>Copies of one upload's parts under way at one time, and one where the mount is busy: a store that takes 50 ms for each copies 2,500 in eight seconds.</summary>
    public int CopiesUnderWay { get; init; } = 16;

    /// <summary>Entries asked for with one request; what S3 gives at most.</summary>
    public int ListPage { get; init; } = 1000;

    /// <summary>Entries that a listing holds back while it is in doubt of their order, before it asks the store.</summary>
    public int MaxHeldEntries { get; init; } = 4096;
}
