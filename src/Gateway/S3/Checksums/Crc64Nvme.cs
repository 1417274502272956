using System.Buffers.Binary;

namespace Orleans.Cache.Gateway.S3.Checksums;

/// <summary>CRC-64/NVME (NVM Express specification; reflected polynomial 0x9A6C9329AC4BC9B5), eight bytes a step by eight tables.</summary>
internal sealed class Crc64Nvme : Checksum
{
    private const ulong Polynomial = 0x9A6C9329AC4BC9B5;

    private static readonly ulong[][] Tables = MakeTables();

    private ulong _state = ulong.MaxValue;

    public override string Name => "crc64nvme";

    public override void Append(ReadOnlySpan<byte> data)
    {
        ulong state = _state;
        ulong[] t0 = Tables[0], t1 = Tables[1], t2 = Tables[2], t3 = Tables[3], t4 = Tables[4], t5 = Tables[5], t6 = Tables[6], t7 = Tables[7];
        for (; data.Length >= 8; data = data[8..])
        {
            state ^= BinaryPrimitives.ReadUInt64LittleEndian(data);
            state = t7[(byte)state] ^ t6[(byte)(state >> 8)] ^ t5[(byte)(state >> 16)] ^ t4[(byte)(state >> 24)]
                ^ t3[(byte)(state >> 32)] ^ t2[(byte)(state >> 40)] ^ t1[(byte)(state >> 48)] ^ t0[state >> 56];
        }
        foreach (byte one in data)
            state = t0[(byte)(state ^ one)] ^ (state >> 8);
        _state = state;
    }

    public override string ToBase64()
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, ~_state);
        return Convert.ToBase64String(value);
    }

    private static ulong[][] MakeTables()
    {
        var tables = new ulong[8][];
        for (int t = 0; t < tables.Length; t++)
        {
            tables[t] = new ulong[256];
            for (uint i = 0; i < 256; i++)
            {
                ulong value = t == 0 ? i : tables[t - 1][i];
                for (int bit = 0; bit < 8; bit++)
                    value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
                tables[t][i] = value;
            }
        }
        return tables;
    }
}
