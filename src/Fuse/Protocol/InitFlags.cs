namespace Orleans.Cache.Fuse.Protocol;

/// <summary>What kernel and file system agree on at the start (FUSE_* of linux/fuse.h; bits from 32 on travel in flags2).</summary>
[Flags]
internal enum InitFlags : ulong
{
    None = 0,

    /// <summary>Reads of a file come side by side.</summary>
    AsyncRead = 1UL << 0,

    ReadDirectoryPlus = 1UL << 13,

    /// <summary>The kernel asks for attributes in listings where it saw that they are wanted.</summary>
    ReadDirectoryPlusAuto = 1UL << 14,

    /// <summary>Pieces of one O_DIRECT read come side by side.</summary>
    AsyncDirectIo = 1UL << 15,

    /// <summary>Look-ups and listings of one directory come side by side.</summary>
    ParallelDirectoryOperations = 1UL << 18,

    /// <summary>max_pages counts: requests of more than 128 KiB.</summary>
    MaxPages = 1UL << 22,

    CacheLinks = 1UL << 23,

    /// <summary>flags2 counts.</summary>
    Extended = 1UL << 30,

    /// <summary>A name can be expired without being dropped.</summary>
    ExpireOnly = 1UL << 35,

    /// <summary>Shared mappings of files that are open for direct I/O.</summary>
    DirectIoMapping = 1UL << 36,

    Passthrough = 1UL << 37,

    /// <summary>request_timeout counts: the kernel aborts a connection that leaves a request unanswered.</summary>
    RequestTimeout = 1UL << 42,
}
