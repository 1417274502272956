using System.Runtime.InteropServices;

namespace Orleans.Cache.Fuse.Protocol;

/// <summary>Messages that nobody asked for: the kernel is told that what it believes is old.</summary>
internal static class Notifications
{
    private const int InvalidateInode = 2;
    private const int InvalidateEntry = 3;
    private const int IncreaseEpoch = 8;

    /// <summary>The protocol from which on kernels know <see cref="WriteExpireAllNames"/> (Linux 6.16).</summary>
    public const uint ExpireAllNamesMinor = 44;
    private const uint ExpireOnly = 1;

    /// <summary>Bytes of the longest message.</summary>
    public const int MaxSize = Wire.AnswerHeaderSize + 16 + Wire.MaxName + 1;

    /// <summary>struct fuse_notify_inval_entry_out and the name. Gives the bytes written.</summary>
    /// <param name="to">At least <see cref="MaxSize"/> bytes.</param>
    /// <param name="parent">The directory.</param>
    /// <param name="name">The name in it.</param>
    /// <param name="expireOnly">It stays until it is looked at; else it is dropped at once.</param>
    public static int WriteExpireName(Span<byte> to, NodeId parent, ReadOnlySpan<byte> name, bool expireOnly)
    {
        int size = Wire.AnswerHeaderSize + 16 + name.Length + 1;
        WriteHeader(to, InvalidateEntry, size);
        MemoryMarshal.Write(to[16..], parent.Value);
        MemoryMarshal.Write(to[24..], (uint)name.Length);
        MemoryMarshal.Write(to[28..], expireOnly ? ExpireOnly : 0);
        name.CopyTo(to[32..]);
        to[size - 1] = 0;
        return size;
    }

    /// <summary>struct fuse_notify_inval_inode_out; an offset below zero means the attributes only. Gives the bytes written.</summary>
    public static int WriteExpireAttributes(Span<byte> to, NodeId node)
    {
        const int Size = Wire.AnswerHeaderSize + 24;
        WriteHeader(to, InvalidateInode, Size);
        MemoryMarshal.Write(to[16..], node.Value);
        MemoryMarshal.Write(to[24..], -1L);
        MemoryMarshal.Write(to[32..], 0L);
        return Size;
    }

    /// <summary>FUSE_NOTIFY_INC_EPOCH: a header alone.</summary>
    public static int WriteExpireAllNames(Span<byte> to)
    {
        WriteHeader(to, IncreaseEpoch, Wire.AnswerHeaderSize);
        return Wire.AnswerHeaderSize;
    }

    private static void WriteHeader(Span<byte> to, int code, int size) =>
        MemoryMarshal.Write(to, new AnswerHeader { Length = (uint)size, Error = code });
}
