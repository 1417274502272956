namespace Orleans.Cache.Fuse;

/// <summary>The kind of a file, as the high bits of st_mode have it.</summary>
public enum FileKind
{
    Directory = 0x4000,
    Regular = 0x8000,
    Link = 0xA000,
}

/// <summary>What stat(2) tells of a file.</summary>
public readonly record struct FuseAttributes
{
    /// <summary>st_ino: the same as long as it is the same file, also after it was forgotten.</summary>
    public required ulong Inode { get; init; }

    public required FileKind Kind { get; init; }

    /// <summary>The low twelve bits of st_mode.</summary>
    public required int Permissions { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    public DateTimeOffset Modified { get; init; }

    public uint Owner { get; init; }

    public uint Group { get; init; }

    /// <summary>st_blksize: bytes that programs read at a time; 0 is the kernel's choice.</summary>
    public uint PreferredRead { get; init; }
}
