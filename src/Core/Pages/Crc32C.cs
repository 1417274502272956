using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Orleans.Cache.Pages;

/// <summary>
/// CRC32C (Castagnoli) with the standard initial value and final XOR, so that a run of zeros never has checksum zero.
/// The CPU's instruction takes 3 cycles but starts every cycle; so three stretches are summed side by side and joined by a
/// table that advances a CRC over one stretch of zeros (the method of Mark Adler's crc32c.c). One chain alone reaches a third.
/// </summary>
internal static class Crc32C
{
    /// <summary>Bytes of one stretch: long enough that joining costs nothing, short enough that pages of 64 KiB gain as well.</summary>
    private const int Stretch = 4096;

    private const uint ReversedPolynomial = 0x82F63B78;
    private static readonly uint[] AdvanceTable = BuildAdvanceTable();

    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>CRC of what came before followed by <paramref name="data"/>; 0 for nothing before.</summary>
    public static uint Append(uint before, ReadOnlySpan<byte> data)
    {
        uint crc = ~before;
        while (data.Length >= 3 * Stretch)
        {
            crc = AppendThreeStretches(crc, data);
            data = data[(3 * Stretch)..];
        }
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words)
            crc = BitOperations.Crc32C(crc, ToLittleEndian(word));
        foreach (byte one in data[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    private static uint AppendThreeStretches(uint crc, ReadOnlySpan<byte> data)
    {
        const int Words = Stretch / sizeof(ulong);
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        ReadOnlySpan<ulong> first = words[..Words];
        ReadOnlySpan<ulong> second = words.Slice(Words, Words);
        ReadOnlySpan<ulong> third = words.Slice(2 * Words, Words);
        uint a = crc, b = 0, c = 0;
        for (int i = 0; i < Words; i++)
        {
            a = BitOperations.Crc32C(a, ToLittleEndian(first[i]));
            b = BitOperations.Crc32C(b, ToLittleEndian(second[i]));
            c = BitOperations.Crc32C(c, ToLittleEndian(third[i]));
        }
        return Advance(Advance(a) ^ b) ^ c;
    }

    private static ulong ToLittleEndian(ulong word) => BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);

    /// <summary>The CRC register after one stretch of zero bytes: linear in its bits, so four table look-ups.</summary>
    private static uint Advance(uint crc)
    {
        uint[] table = AdvanceTable;
        return table[crc & 0xFF] ^ table[256 + ((crc >> 8) & 0xFF)] ^ table[512 + ((crc >> 16) & 0xFF)] ^ table[768 + (crc >> 24)];
    }

    private static uint[] BuildAdvanceTable()
    {
        var images = new uint[32];
        for (int bit = 0; bit < 32; bit++)
        {
            uint crc = 1u << bit;
            for (int i = 0; i < Stretch * 8; i++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ ReversedPolynomial : crc >> 1;
            images[bit] = crc;
        }
        var table = new uint[4 * 256];
        for (int i = 0; i < table.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                if ((i & (1 << bit)) != 0)
                    table[i] ^= images[i / 256 * 8 + bit];
            }
        }
        return table;
    }
}
