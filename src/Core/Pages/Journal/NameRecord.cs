using System.Buffers.Binary;
using System.Text;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages.Journal;

/// <summary>
/// A record of the name log, little endian: magic, length of all, CRC32C of what follows it, three string lengths, FileId,
/// incarnation, then identity, key and version in UTF-8. The magic lets a reader find the next record behind a damaged one.
/// </summary>
internal readonly ref struct NameRecord
{
    public const int HeadSize = 48;

    /// <summary>Longest record: a key has at most 4096 bytes; identities and versions are short. What is longer is not kept at all.</summary>
    public const int MaxSize = 64 * CacheLimits.KiB;

    /// <summary>"NAME".</summary>
    public const uint Magic = 0x454D414E;

    private const int ChecksumAt = 8;
    private const int ChecksummedFrom = 12;

    public FileId File { get; private init; }

    public long Incarnation { get; private init; }

    public ReadOnlySpan<byte> Identity { get; private init; }

    public ReadOnlySpan<byte> Key { get; private init; }

    /// <summary>The whole record, to be copied as it is.</summary>
    public ReadOnlySpan<byte> Bytes { get; private init; }

    /// <summary>Whether a file's name fits a record.</summary>
    public static bool Fits(FileRef file) => HeadSize + 3L * (file.Identity.Uri.Length + file.Key.Length + file.Version.Token.Length) <= MaxSize;

    public static byte[] ToBytes(FileRef file, long incarnation)
    {
        byte[] identity = Encoding.UTF8.GetBytes(file.Identity.Uri);
        byte[] key = Encoding.UTF8.GetBytes(file.Key);
        byte[] version = Encoding.UTF8.GetBytes(file.Version.Token);
        var record = new byte[HeadSize + identity.Length + key.Length + version.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(record, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), record.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(12), identity.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(16), key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(20), version.Length);
        BinaryPrimitives.WriteUInt128BigEndian(record.AsSpan(24), file.Id.Value);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(40), incarnation);
        identity.CopyTo(record, HeadSize);
        key.CopyTo(record, HeadSize + identity.Length);
        version.CopyTo(record, HeadSize + identity.Length + key.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(ChecksumAt), Crc32C.Compute(record.AsSpan(ChecksummedFrom)));
        return record;
    }

    /// <summary>Length that the record at the start of <paramref name="source"/> claims, or 0 where none starts there.</summary>
    public static int ClaimedLength(ReadOnlySpan<byte> source)
    {
        if (source.Length < HeadSize || BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic)
            return 0;
        int length = BinaryPrimitives.ReadInt32LittleEndian(source[4..]);
        return length is >= HeadSize and <= MaxSize ? length : 0;
    }

    /// <summary>Reads the record that fills <paramref name="source"/>; false where it is damaged.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NameRecord record)
    {
        record = default;
        int identity = BinaryPrimitives.ReadInt32LittleEndian(source[12..]);
        int key = BinaryPrimitives.ReadInt32LittleEndian(source[16..]);
        int version = BinaryPrimitives.ReadInt32LittleEndian(source[20..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumAt..]) != Crc32C.Compute(source[ChecksummedFrom..])
            || identity < 0 || key < 0 || version < 0 || (long)identity + key + version != source.Length - HeadSize)
            return false;
        record = new NameRecord
        {
            File = new FileId(BinaryPrimitives.ReadUInt128BigEndian(source[24..])),
            Incarnation = BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
            Identity = source.Slice(HeadSize, identity),
            Key = source.Slice(HeadSize + identity, key),
            Bytes = source,
        };
        return true;
    }
}
