using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// How the dialect names a file in a URL: SHA-256 of the UTF-8 bytes of the path exactly as the client holds it, in hexadecimal. It
/// says nothing of the file's version.
/// </summary>
internal readonly record struct PathId(UInt128 High, UInt128 Low)
{
    private const int Digits = 2 * SHA256.HashSizeInBytes;

    public static PathId Of(ReadOnlySpan<char> spelling)
    {
        int size = Encoding.UTF8.GetMaxByteCount(spelling.Length);
        Span<byte> text = size <= 1024 ? stackalloc byte[1024] : new byte[size];
        return Of(text[..Encoding.UTF8.GetBytes(spelling, text)]);
    }

    public static PathId Of(ReadOnlySpan<byte> spelling)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(spelling, hash);
        return Read(hash);
    }

    /// <exception cref="CacheException">InvalidArgument.</exception>
    public static PathId Parse(ReadOnlySpan<char> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (text.Length != Digits || Convert.FromHexString(text, hash, out _, out _) != System.Buffers.OperationStatus.Done)
            throw new CacheException(CacheError.InvalidArgument, $"'{text}' is not the id of a path: the SHA-256 of its text in {Digits} hexadecimal digits.");
        return Read(hash);
    }

    public override string ToString() => string.Create(null, $"{High:x32}{Low:x32}");

    private static PathId Read(ReadOnlySpan<byte> hash) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
}
