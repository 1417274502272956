using System.Runtime.InteropServices;
using Orleans.Cache.Fuse.Protocol;

namespace Orleans.Cache.Fuse;

/// <summary>The answer to a READDIR or READDIRPLUS, entry by entry, in the memory that leaves for the kernel.</summary>
public sealed class DirectoryWriter
{
    private readonly Memory<byte> _answer;

    internal DirectoryWriter(Memory<byte> answer, bool withAttributes)
    {
        _answer = answer;
        WithAttributes = withAttributes;
    }

    /// <summary>Entries carry attributes, and each with a node is a look-up. Otherwise only inode and kind leave.</summary>
    public bool WithAttributes { get; }

    /// <summary>Bytes taken.</summary>
    internal int Length { get; private set; }

    /// <summary>Adds an entry. False, and nothing is added, where it has no room: end the answer, it comes first in the next.</summary>
    /// <param name="name">At most <see cref="Wire.MaxName"/> bytes.</param>
    /// <param name="next">Where a reading goes on that has taken this entry.</param>
    /// <param name="entry">What it leads to; node None where the kernel shall look it up by itself, as for "." and "..".</param>
    public bool TryAdd(ReadOnlySpan<byte> name, long next, in FuseEntry entry)
    {
        Span<byte> rest = _answer.Span[Length..];
        int entrySize = WithAttributes ? Marshal.SizeOf<WireEntry>() : 0;
        int size = entrySize + Wire.DirectoryEntrySize(name.Length);
        if (size > rest.Length || name.Length > Wire.MaxName)
            return false;
        rest[..size].Clear();
        if (WithAttributes && entry.Node != NodeId.None)
            MemoryMarshal.Write(rest, WireEntry.Of(entry));
        Wire.WriteDirectoryEntry(rest[entrySize..], name, next, entry.Attributes);
        Length += size;
        return true;
    }

    /// <summary>The look-ups in an answer that never arrived.</summary>
    internal void TakeBack(IFuseFileSystem files)
    {
        if (!WithAttributes)
            return;
        ReadOnlySpan<byte> rest = _answer.Span[..Length];
        while (rest.Length > 0)
        {
            var node = new NodeId(MemoryMarshal.Read<ulong>(rest));
            if (node != NodeId.None)
                files.Forget(node, 1);
            int entrySize = Marshal.SizeOf<WireEntry>();
            rest = rest[(entrySize + Wire.DirectoryEntrySize(Wire.NameLengthOf(rest[entrySize..])))..];
        }
    }
}
