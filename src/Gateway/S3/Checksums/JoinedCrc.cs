using System.Buffers.Binary;

namespace Orleans.Cache.Gateway.S3.Checksums;

/// <summary>
/// The CRC of bytes that follow each other, of the CRCs and lengths of the pieces: no byte is read. A CRC is what is left of the bytes, as a polynomial, divided by another one; so what
/// follows multiplies it by x^8 for each byte, and is added.
/// </summary>
/// <remarks>Bits are reflected, as in all three: the highest is the lowest power. What is put before and behind (all ones) cancels out when two are joined.</remarks>
internal sealed class JoinedCrc
{
    private readonly int _bits;
    private readonly ulong _polynomial;
    private ulong _crc;

    private JoinedCrc(int bits, ulong polynomial) => (_bits, _polynomial) = (bits, polynomial);

    /// <summary>Of no bytes; null: checksums of this kind cannot be joined.</summary>
    public static JoinedCrc? Of(string algorithm) => algorithm switch
    {
        "crc32" => new(32, 0xEDB88320),
        "crc32c" => new(32, 0x82F63B78),
        "crc64nvme" => new(64, 0x9A6C9329AC4BC9B5),
        _ => null,
    };

    /// <param name="crc">Of the piece, big-endian as S3 sends it.</param>
    /// <param name="length">Bytes of the piece.</param>
    public void Append(ReadOnlySpan<byte> crc, long length)
    {
        ulong its = _bits == 32 ? BinaryPrimitives.ReadUInt32BigEndian(crc) : BinaryPrimitives.ReadUInt64BigEndian(crc);
        _crc = Multiply(_crc, PowerOfX(8UL * (ulong)length)) ^ its;
    }

    public string ToBase64()
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _crc);
        return Convert.ToBase64String(bytes[(8 - (_bits / 8))..]);
    }

    /// <summary>x to that power, by squares.</summary>
    private ulong PowerOfX(ulong exponent)
    {
        ulong power = 1UL << (_bits - 1), square = 1UL << (_bits - 2);
        for (; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0)
                power = Multiply(power, square);
            square = Multiply(square, square);
        }
        return power;
    }

    private ulong Multiply(ulong left, ulong right)
    {
        ulong product = 0;
        for (int power = _bits - 1; power >= 0; power--)
        {
            if ((left >> power & 1) != 0)
                product ^= right;
            right = (right >> 1) ^ ((right & 1) != 0 ? _polynomial : 0);
        }
        return product;
    }
}
