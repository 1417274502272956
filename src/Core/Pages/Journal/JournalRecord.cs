using System.Buffers.Binary;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages.Journal;

internal enum JournalKind : byte
{
    /// <summary>The page's bytes were written before this record.</summary>
    PageAdded = 1,

    /// <summary>Written before the page's blocks are given back.</summary>
    PageRemoved = 2,

    /// <summary>Written before the backing file is unlinked; all its pages leave.</summary>
    FileRemoved = 3,
}

/// <summary>
/// One record of a journal or snapshot: 64 bytes, little endian. Every record says all about its file, so the loss of one
/// never makes another unreadable, and there is no "file added" to lose.
/// </summary>
/// <param name="Kind">What happened.</param>
/// <param name="File">Which content.</param>
/// <param name="Incarnation">Which backing file of it.</param>
/// <param name="Length">Bytes of the content.</param>
/// <param name="Page">Page index; 0 for FileRemoved.</param>
/// <param name="Checksum">CRC32C of the page; 0 where a page or file leaves.</param>
internal readonly record struct JournalRecord(JournalKind Kind, FileId File, long Incarnation, long Length, long Page, uint Checksum)
{
    public const int Size = 64;

    public void Write(Span<byte> target)
    {
        WriteFields(target);
        WriteChecksum(target);
    }

    /// <summary>All but the record's own checksum.</summary>
    public void WriteFields(Span<byte> target)
    {
        target = target[..Size];
        target.Clear();
        target[4] = (byte)Kind;
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], Incarnation);
        BinaryPrimitives.WriteUInt128BigEndian(target[16..], File.Value);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], Page);
        BinaryPrimitives.WriteUInt32LittleEndian(target[48..], Checksum);
    }

    public static void WriteChecksum(Span<byte> record) =>
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc32C.Compute(record[4..Size]));

    /// <summary>False for a record that is damaged or says what cannot be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out JournalRecord record)
    {
        source = source[..Size];
        record = default;
        if (BinaryPrimitives.ReadUInt32LittleEndian(source) != Crc32C.Compute(source[4..]))
            return false;
        record = new JournalRecord(
            (JournalKind)source[4],
            new FileId(BinaryPrimitives.ReadUInt128BigEndian(source[16..])),
            BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[48..]));
        return record is { Kind: >= JournalKind.PageAdded and <= JournalKind.FileRemoved, Incarnation: > 0, Length: >= 0, Page: >= 0 };
    }
}
