using System.Runtime.InteropServices;

namespace Orleans.Cache.Fuse.Protocol;

/// <summary>
/// Structures of linux/fuse.h, protocol 7.x, as they lie in memory: native byte order, naturally aligned. Pure; no I/O. What is too short to hold a
/// structure decodes to nothing.
/// </summary>
internal static class Wire
{
    public const int RequestHeaderSize = 40;
    public const int AnswerHeaderSize = 16;

    /// <summary>FUSE_NAME_MAX of kernels before 6.14: longer names spoil a whole listing there.</summary>
    public const int MaxName = 1024;

    private const int DirectoryEntryHeader = 24;

    /// <summary>A name that ends a body: everything before its NUL. False: there is no NUL, or nothing before it.</summary>
    public static bool TryName(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> name)
    {
        int end = body.IndexOf((byte)0);
        name = end > 0 ? body[..end] : default;
        return end > 0;
    }

    /// <summary>A structure, and the name behind it.</summary>
    public static bool TryNamed<T>(ReadOnlySpan<byte> body, out T head, out ReadOnlySpan<byte> name)
        where T : unmanaged
    {
        name = default;
        return MemoryMarshal.TryRead(body, out head) && TryName(body[Marshal.SizeOf<T>()..], out name);
    }

    /// <summary>Bytes of struct fuse_dirent with its name, padded to 8.</summary>
    public static int DirectoryEntrySize(int nameLength) => (DirectoryEntryHeader + nameLength + 7) & ~7;

    public static int NameLengthOf(ReadOnlySpan<byte> directoryEntry) => (int)MemoryMarshal.Read<uint>(directoryEntry[16..]);

    public static void WriteDirectoryEntry(Span<byte> to, ReadOnlySpan<byte> name, long next, in FuseAttributes attributes)
    {
        MemoryMarshal.Write(to, attributes.Inode);
        MemoryMarshal.Write(to[8..], next);
        MemoryMarshal.Write(to[16..], (uint)name.Length);
        // d_type is the high four bits of the mode's sixteen.
        MemoryMarshal.Write(to[20..], (uint)attributes.Kind >> 12);
        name.CopyTo(to[DirectoryEntryHeader..]);
    }

    /// <summary>Seconds and nanoseconds; what is too long to count lasts as long as the kernel counts.</summary>
    public static (ulong Seconds, uint Nanoseconds) Split(TimeSpan time) => time <= TimeSpan.Zero
        ? (0, 0)
        : ((ulong)(time.Ticks / TimeSpan.TicksPerSecond), (uint)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick));
}

/// <summary>struct fuse_in_header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RequestHeader
{
    public uint Length;
    public Opcode Opcode;
    public ulong Unique;
    public ulong NodeId;
    public uint User;
    public uint Group;
    public uint Process;
    public ushort ExtensionLength;
    public ushort Padding;

    /// <summary>False: shorter than a header, longer than what came, or without an id.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> message, out RequestHeader header) =>
        MemoryMarshal.TryRead(message, out header) && header.Length >= Wire.RequestHeaderSize && header.Length <= (uint)message.Length && header.Unique != 0;
}

/// <summary>struct fuse_out_header. Of a notification Unique is 0 and Error its code.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AnswerHeader
{
    public uint Length;
    public int Error;
    public ulong Unique;
}

/// <summary>struct fuse_init_in, as far as it has been the same since 7.36; older kernels send 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InitRequest
{
    public uint Major;
    public uint Minor;
    public uint MaxReadAhead;
    public uint Flags;
    public uint Flags2;

    public readonly InitFlags Offered => (InitFlags)Flags | (((InitFlags)Flags).HasFlag(InitFlags.Extended) ? (InitFlags)((ulong)Flags2 << 32) : 0);

    public static bool TryDecode(ReadOnlySpan<byte> body, out InitRequest request)
    {
        if (MemoryMarshal.TryRead(body, out request))
            return true;
        request = default;
        if (body.Length < 16)
            return false;
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(body[..16]);
        request = new InitRequest { Major = words[0], Minor = words[1], MaxReadAhead = words[2], Flags = words[3] };
        return true;
    }
}

/// <summary>struct fuse_init_out: 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct InitAnswer
{
    public uint Major;
    public uint Minor;
    public uint MaxReadAhead;
    public uint Flags;
    public ushort MaxBackground;
    public ushort CongestionThreshold;
    public uint MaxWrite;
    public uint TimeGranularity;
    public ushort MaxPages;
    public ushort MapAlignment;
    public uint Flags2;
    public uint MaxStackDepth;
    public ushort RequestTimeout;
}

/// <summary>struct fuse_read_in, also of READDIR and READDIRPLUS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReadRequest
{
    public ulong Handle;
    public long Offset;
    public uint Size;
    public uint ReadFlags;
    public ulong LockOwner;
    public uint OpenFlags;
    public uint Padding;
}

/// <summary>struct fuse_release_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReleaseRequest
{
    public ulong Handle;
    public uint OpenFlags;
    public uint ReleaseFlags;
    public ulong LockOwner;
}

/// <summary>struct fuse_open_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenRequest
{
    public uint Flags;
    public uint OpenFlags;

    /// <summary>O_ACCMODE: anything but O_RDONLY, or O_TRUNC.</summary>
    public readonly bool WantsToWrite => (Flags & 3) != 0 || (Flags & 0x200) != 0;
}

/// <summary>struct fuse_getxattr_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ExtendedAttributeRequest
{
    public uint Size;
    public uint Padding;
}

/// <summary>struct fuse_forget_one.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ForgetOne
{
    public ulong NodeId;
    public ulong Lookups;
}
