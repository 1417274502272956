namespace Orleans.Cache.Fuse;

/// <summary>How the kernel treats an open file (FOPEN_*).</summary>
[Flags]
public enum OpenTraits
{
    None = 0,

    /// <summary>Every read comes here, as large as the program made it; nothing is cached.</summary>
    DirectIo = 1,

    /// <summary>What the kernel has cached of the node stays: the content is the same as at the open before.</summary>
    KeepCache = 2,

    NonSeekable = 4,

    /// <summary>Names of an open directory may be cached.</summary>
    CacheDirectory = 8,

    /// <summary>Nothing is to be told at close.</summary>
    NoFlush = 32,

    /// <summary>Reads go to the backing file, past this process.</summary>
    Passthrough = 128,
}

/// <summary>An open file or directory.</summary>
/// <param name="Handle">Comes with every read and with the release.</param>
/// <param name="Traits">How it is treated.</param>
/// <param name="BackingId">With <see cref="OpenTraits.Passthrough"/>: what <see cref="IFuseKernel.OpenBacking"/> gave.</param>
public readonly record struct FuseOpen(FileHandle Handle, OpenTraits Traits, int BackingId = 0);
