using System.Runtime.InteropServices;

namespace Orleans.Cache.Fuse.Protocol;

/// <summary>struct fuse_attr: 88 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WireAttributes
{
    /// <summary>st_blocks counts these, whatever the block size.</summary>
    private const int BlockBytes = 512;

    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong AccessTime;
    public ulong ModifyTime;
    public ulong ChangeTime;
    public uint AccessNanoseconds;
    public uint ModifyNanoseconds;
    public uint ChangeNanoseconds;
    public uint Mode;
    public uint Links;
    public uint Owner;
    public uint Group;
    public uint Device;
    public uint BlockSize;
    public uint Flags;

    public static WireAttributes Of(in FuseAttributes of)
    {
        long ticks = of.Modified.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        // Rounded down, so that the nanoseconds are positive before 1970 too.
        long seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out long rest);
        if (rest < 0)
            (seconds, rest) = (seconds - 1, rest + TimeSpan.TicksPerSecond);
        uint nanoseconds = (uint)(rest * TimeSpan.NanosecondsPerTick);
        return new WireAttributes
        {
            Inode = of.Inode,
            Size = (ulong)of.Size,
            Blocks = ((ulong)of.Size + BlockBytes - 1) / BlockBytes,
            AccessTime = (ulong)seconds,
            ModifyTime = (ulong)seconds,
            ChangeTime = (ulong)seconds,
            AccessNanoseconds = nanoseconds,
            ModifyNanoseconds = nanoseconds,
            ChangeNanoseconds = nanoseconds,
            Mode = (uint)of.Kind | ((uint)of.Permissions & 0xFFF),
            Links = of.Kind == FileKind.Directory ? 2U : 1U,
            Owner = of.Owner,
            Group = of.Group,
            BlockSize = of.PreferredRead,
        };
    }
}

/// <summary>struct fuse_entry_out: 128 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WireEntry
{
    public ulong NodeId;
    public ulong Generation;
    public ulong NameValid;
    public ulong AttributesValid;
    public uint NameValidNanoseconds;
    public uint AttributesValidNanoseconds;
    public WireAttributes Attributes;

    public static WireEntry Of(in FuseEntry entry)
    {
        (ulong name, uint nameRest) = Wire.Split(entry.NameValid);
        (ulong attributes, uint attributesRest) = Wire.Split(entry.AttributesValid);
        return new WireEntry
        {
            NodeId = entry.Node.Value,
            NameValid = name,
            NameValidNanoseconds = nameRest,
            AttributesValid = attributes,
            AttributesValidNanoseconds = attributesRest,
            Attributes = entry.Node == Fuse.NodeId.None ? default : WireAttributes.Of(entry.Attributes),
        };
    }
}

/// <summary>struct fuse_attr_out: 104 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WireStatus
{
    public ulong Valid;
    public uint ValidNanoseconds;
    public uint Padding;
    public WireAttributes Attributes;

    public static WireStatus Of(in FuseStatus status)
    {
        (ulong seconds, uint nanoseconds) = Wire.Split(status.Valid);
        return new WireStatus { Valid = seconds, ValidNanoseconds = nanoseconds, Attributes = WireAttributes.Of(status.Attributes) };
    }
}

/// <summary>struct fuse_open_out: 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WireOpen
{
    public ulong Handle;
    public uint Flags;
    public int BackingId;

    public static WireOpen Of(in FuseOpen open) => new() { Handle = open.Handle.Value, Flags = (uint)open.Traits, BackingId = open.BackingId };
}

/// <summary>struct fuse_statfs_out: 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 80)]
internal struct WireStatistics
{
    public ulong Blocks;
    public ulong FreeBlocks;
    public ulong AvailableBlocks;
    public ulong Files;
    public ulong FreeFiles;
    public uint BlockSize;
    public uint NameLength;
    public uint FragmentSize;

    public static WireStatistics Of(in FuseStatistics of) => new()
    {
        Blocks = of.Blocks,
        FreeBlocks = of.FreeBlocks,
        AvailableBlocks = of.FreeBlocks,
        Files = of.Files,
        BlockSize = of.BlockSize,
        FragmentSize = of.BlockSize,
        NameLength = of.NameLength,
    };
}

/// <summary>struct fuse_getxattr_out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WireSize
{
    public uint Size;
    public uint Padding;
}
