using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Orleans.Cache.Gateway.S3.Checksums;

/// <summary>
/// CRC-32 by folding: 128 bits of the message times x^n mod P stand for themselves n bits further on, so four lanes of them take 64 bytes a step, and what is
/// left is reduced at the end (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009). All bits reflected.
/// </summary>
internal static class Crc32Folding
{
    /// <summary>Bytes of a lane.</summary>
    public const int Lane = 16;

    /// <summary>Bytes of all four.</summary>
    public const int Step = 4 * Lane;

    // x^n mod P, reflected and shifted by one bit: n = 4*128+32, 4*128-32; 128+32, 128-32; 64. Then P itself, and x^64 / P (Barrett).
    private static readonly Vector128<ulong> ByFour = Vector128.Create(0x1_5444_2BD4UL, 0x1_C6E4_1596UL);
    private static readonly Vector128<ulong> ByOne = Vector128.Create(0x1_7519_97D0UL, 0x0_CCAA_009EUL);
    private static readonly Vector128<ulong> ToSixtyFour = Vector128.Create(0x1_63CD_6124UL, 0UL);
    private static readonly Vector128<ulong> Barrett = Vector128.Create(0x1_DB71_0641UL, 0x1_F701_1641UL);
    private static readonly Vector128<ulong> Low32 = Vector128.Create(0xFFFF_FFFFUL, 0xFFFF_FFFFUL);

    public static bool IsSupported => Pclmulqdq.IsSupported;

    /// <param name="state">The register, as it stands between steps: not inverted.</param>
    /// <param name="data">A multiple of <see cref="Lane"/>, at least <see cref="Step"/>.</param>
    public static uint Append(uint state, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<Vector128<ulong>> lanes = MemoryMarshal.Cast<byte, Vector128<ulong>>(data);
        Vector128<ulong> a = lanes[0] ^ Vector128.CreateScalar((ulong)state), b = lanes[1], c = lanes[2], d = lanes[3];
        for (lanes = lanes[4..]; lanes.Length >= 4; lanes = lanes[4..])
        {
            a = Fold(a, ByFour) ^ lanes[0];
            b = Fold(b, ByFour) ^ lanes[1];
            c = Fold(c, ByFour) ^ lanes[2];
            d = Fold(d, ByFour) ^ lanes[3];
        }
        a = Fold(a, ByOne) ^ b;
        a = Fold(a, ByOne) ^ c;
        a = Fold(a, ByOne) ^ d;
        foreach (Vector128<ulong> lane in lanes)
            a = Fold(a, ByOne) ^ lane;
        return Reduce(a);
    }

    private static Vector128<ulong> Fold(Vector128<ulong> lane, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(lane, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, by, 0x11);

    /// <summary>128 bits to 96, to 64, to 32.</summary>
    private static uint Reduce(Vector128<ulong> lane)
    {
        Vector128<ulong> bits = Sse2.ShiftRightLogical128BitLane(lane, 8) ^ Pclmulqdq.CarrylessMultiply(lane, ByOne, 0x10);
        bits = Sse2.ShiftRightLogical128BitLane(bits, 4) ^ Pclmulqdq.CarrylessMultiply(bits & Low32, ToSixtyFour, 0x00);
        Vector128<ulong> quotient = Pclmulqdq.CarrylessMultiply(bits & Low32, Barrett, 0x10);
        bits ^= Pclmulqdq.CarrylessMultiply(quotient & Low32, Barrett, 0x00);
        return bits.AsUInt32().GetElement(1);
    }
}
