using System.Buffers.Binary;

namespace Orleans.Cache.Pages.Journal;

/// <summary>What a file of the store directory holds; the first eight bytes of it.</summary>
internal enum StoreFileKind : ulong
{
    /// <summary>"OCFORMAT".</summary>
    Format = 0x54414D524F46434F,

    /// <summary>"OCJOURNL".</summary>
    Journal = 0x4C4E52554F4A434F,

    /// <summary>"OCSNAPSH".</summary>
    Snapshot = 0x485350414E53434F,

    /// <summary>"OCNAMES1".</summary>
    Names = 0x3153454D414E434F,
}

/// <summary>The 64 bytes at the head of every file that the store itself writes, backing files excepted. Little endian.</summary>
/// <param name="Kind">What follows.</param>
/// <param name="Version">Format version of the whole directory.</param>
/// <param name="PageSize">Bytes per page.</param>
/// <param name="DirectoryId">Random identity of the store directory: files copied in from another one are not taken for ours.</param>
/// <param name="Sequence">Number of the journal, snapshot or name log.</param>
internal readonly record struct StoreHeader(StoreFileKind Kind, int Version, int PageSize, Guid DirectoryId, long Sequence)
{
    public const int Size = 64;

    /// <summary>Rises with every change of any layout in docs/ON_DISK.md.</summary>
    public const int CurrentVersion = 1;

    private const int ChecksumAt = Size - sizeof(uint);

    public void Write(Span<byte> target)
    {
        target = target[..Size];
        target.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(target, (ulong)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], PageSize);
        DirectoryId.TryWriteBytes(target[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(target[ChecksumAt..], Crc32C.Compute(target[..ChecksumAt]));
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>False where the bytes are no undamaged header.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out StoreHeader header)
    {
        header = default;
        if (source.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumAt..]) != Crc32C.Compute(source[..ChecksumAt]))
            return false;
        header = new StoreHeader(
            (StoreFileKind)BinaryPrimitives.ReadUInt64LittleEndian(source),
            BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            new Guid(source.Slice(16, 16)),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]));
        return true;
    }

    /// <summary>The same header over another file of the directory.</summary>
    public StoreHeader For(StoreFileKind kind, long sequence) => this with { Kind = kind, Sequence = sequence };
}
