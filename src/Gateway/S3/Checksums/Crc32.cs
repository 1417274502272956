using System.Buffers.Binary;
using System.Numerics;

namespace Orleans.Cache.Gateway.S3.Checksums;

/// <summary>
/// CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320), eight bytes a step by eight tables; 64 bytes a step where the processor multiplies without carries
/// (<see cref="Crc32Folding"/>).
/// </summary>
internal sealed class Crc32 : Checksum
{
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[][] Tables = MakeTables();

    private uint _state = uint.MaxValue;

    public override string Name => "crc32";

    public override void Append(ReadOnlySpan<byte> data)
    {
        uint state = _state;
        if (Crc32Folding.IsSupported && data.Length >= Crc32Folding.Step)
        {
            int folded = data.Length & ~(Crc32Folding.Lane - 1);
            state = Crc32Folding.Append(state, data[..folded]);
            data = data[folded..];
        }
        uint[] t0 = Tables[0], t1 = Tables[1], t2 = Tables[2], t3 = Tables[3], t4 = Tables[4], t5 = Tables[5], t6 = Tables[6], t7 = Tables[7];
        for (; data.Length >= 8; data = data[8..])
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ state, high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            state = t7[(byte)low] ^ t6[(byte)(low >> 8)] ^ t5[(byte)(low >> 16)] ^ t4[low >> 24]
                ^ t3[(byte)high] ^ t2[(byte)(high >> 8)] ^ t1[(byte)(high >> 16)] ^ t0[high >> 24];
        }
        foreach (byte one in data)
            state = t0[(byte)(state ^ one)] ^ (state >> 8);
        _state = state;
    }

    public override string ToBase64()
    {
        Span<byte> value = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(value, ~_state);
        return Convert.ToBase64String(value);
    }

    private static uint[][] MakeTables()
    {
        var tables = new uint[8][];
        for (int t = 0; t < tables.Length; t++)
        {
            tables[t] = new uint[256];
            for (uint i = 0; i < 256; i++)
            {
                uint value = t == 0 ? i : tables[t - 1][i];
                for (int bit = 0; bit < 8; bit++)
                    value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
                tables[t][i] = value;
            }
        }
        return tables;
    }
}

/// <summary>CRC-32C (Castagnoli), by the processor's own instruction where it has one.</summary>
internal sealed class Crc32C : Checksum
{
    private uint _state = uint.MaxValue;

    public override string Name => "crc32c";

    public override void Append(ReadOnlySpan<byte> data)
    {
        uint state = _state;
        for (; data.Length >= 8; data = data[8..])
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (byte one in data)
            state = BitOperations.Crc32C(state, one);
        _state = state;
    }

    public override string ToBase64()
    {
        Span<byte> value = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(value, ~_state);
        return Convert.ToBase64String(value);
    }
}
