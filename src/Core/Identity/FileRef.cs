using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Cache.Identity;

/// <summary>
/// All that an owner needs to read one version of one file from its under storage. May come from a client, so the owner
/// trusts nothing in it that the source does not confirm. Immutable; compared by <see cref="Id"/>.
/// </summary>
public sealed class FileRef : IEquatable<FileRef>
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="identity">The under storage.</param>
    /// <param name="key">Name inside it, '/'-separated, without a leading slash.</param>
    /// <param name="version">The version that a fill must find, or fail with Changed.</param>
    /// <param name="length">Bytes of that version.</param>
    /// <param name="pageSize">Bytes per page, a power of two.</param>
    public FileRef(UfsIdentity identity, string key, FileVersion version, long length, int pageSize)
    {
        ArgumentNullException.ThrowIfNull(version.Token, nameof(version));
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (!BitOperations.IsPow2(pageSize))
            throw new ArgumentOutOfRangeException(nameof(pageSize), pageSize, "A page size is a power of two.");
        Identity = identity;
        Key = key;
        Version = version;
        Length = length;
        PageSize = pageSize;
        Id = ComputeId();
    }

    public UfsIdentity Identity { get; }

    public string Key { get; }

    public FileVersion Version { get; }

    public long Length { get; }

    public int PageSize { get; }

    public FileId Id { get; }

    /// <summary>Number of pages; 0 for an empty file. The last one may be short.</summary>
    public long PageCount => Length / PageSize + (Length % PageSize == 0 ? 0 : 1);

    /// <summary>Bytes of page <paramref name="page"/>: the page size, or less for the last page.</summary>
    public int PageLength(long page) => (int)Math.Min(PageSize, Length - page * PageSize);

    public bool Equals(FileRef? other) => other is not null && Id == other.Id;

    public override bool Equals(object? obj) => Equals(obj as FileRef);

    public override int GetHashCode() => Id.GetHashCode();

    public override string ToString() => $"{Identity}/{Key}@{Version}";

    /// <summary>
    /// First 16 bytes (big endian) of SHA-256 over: each string as UTF-8 with a 32-bit little-endian length in front (so that
    /// no two different tuples give the same input), then length (64 bit) and page size (32 bit), little endian.
    /// </summary>
    private FileId ComputeId()
    {
        int size = 3 * sizeof(int) + StrictUtf8.GetMaxByteCount(Identity.Uri.Length + Key.Length + Version.Token.Length + 3)
            + sizeof(long) + sizeof(int);
        Span<byte> input = size <= 1024 ? stackalloc byte[1024] : new byte[size];
        int at = Append(input, 0, Identity.Uri);
        at = Append(input, at, Key);
        at = Append(input, at, Version.Token);
        BinaryPrimitives.WriteInt64LittleEndian(input[at..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(input[(at + sizeof(long))..], PageSize);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input[..(at + sizeof(long) + sizeof(int))], hash);
        return new FileId(BinaryPrimitives.ReadUInt128BigEndian(hash));
    }

    private static int Append(Span<byte> target, int at, string text)
    {
        int bytes = StrictUtf8.GetBytes(text, target[(at + sizeof(int))..]);
        BinaryPrimitives.WriteInt32LittleEndian(target[at..], bytes);
        return at + sizeof(int) + bytes;
    }
}
