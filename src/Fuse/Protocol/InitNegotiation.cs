namespace Orleans.Cache.Fuse.Protocol;

/// <summary>What is answered to INIT: of what we want, what the kernel offered.</summary>
internal static class InitNegotiation
{
    public const uint Major = 7;

    /// <summary>The protocol that this code was written to. Of kernels with an older one we need 7.28 (Linux 4.20): max_pages.</summary>
    public const uint Minor = 45;

    public const uint OldestMinor = 28;

    /// <summary>A request buffer must hold this and a header; nothing is ever written here.</summary>
    public const uint MaxWrite = 4096;

    private const int PageSize = 4096;

    private const InitFlags Wanted = InitFlags.AsyncRead | InitFlags.ReadDirectoryPlus | InitFlags.ReadDirectoryPlusAuto | InitFlags.AsyncDirectIo
        | InitFlags.ParallelDirectoryOperations | InitFlags.MaxPages | InitFlags.CacheLinks | InitFlags.Extended | InitFlags.ExpireOnly
        | InitFlags.DirectIoMapping | InitFlags.Passthrough | InitFlags.RequestTimeout;

    /// <param name="offered">What the kernel can.</param>
    /// <param name="limits">What we want of it.</param>
    /// <param name="agreed">What holds from now on.</param>
    public static InitAnswer Answer(in InitRequest offered, FuseOptions limits, out InitFlags agreed)
    {
        agreed = offered.Offered & Wanted;
        if (!limits.Passthrough)
            agreed &= ~InitFlags.Passthrough;
        ushort background = (ushort)limits.MaxBackground;
        return new InitAnswer
        {
            Major = Major,
            Minor = Minor,
            MaxReadAhead = (uint)limits.ReadAheadBytes,
            Flags = (uint)((ulong)agreed & uint.MaxValue),
            Flags2 = (uint)((ulong)agreed >> 32),
            MaxBackground = background,
            CongestionThreshold = (ushort)(background * 3 / 4),
            MaxWrite = MaxWrite,
            TimeGranularity = 1,
            MaxPages = (ushort)(limits.MaxReadBytes / PageSize),
            // Backing files lie on file systems that are stacked on nothing.
            MaxStackDepth = agreed.HasFlag(InitFlags.Passthrough) ? 1U : 0U,
            RequestTimeout = agreed.HasFlag(InitFlags.RequestTimeout) ? (ushort)Math.Clamp(limits.KernelTimeout.TotalSeconds, 0, ushort.MaxValue) : (ushort)0,
        };
    }
}
