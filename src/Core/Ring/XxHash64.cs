using System.Buffers.Binary;
using System.Numerics;

namespace Orleans.Cache.Ring;

/// <summary>
/// XXH64 by Yann Collet: fast, well mixed, and specified to the bit (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), which is what a
/// ring needs that every process and release must compute alike. Not for adversaries: names that collide cost balance, never data.
/// </summary>
internal static class XxHash64
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;

    /// <summary>Bytes that the four lanes take together.</summary>
    private const int Stripe = 32;

    public static ulong Of(ReadOnlySpan<byte> data, ulong seed = 0)
    {
        ulong hash = data.Length < Stripe ? seed + Prime5 : Lanes(data, seed);
        hash += (ulong)data.Length;
        ReadOnlySpan<byte> tail = data[(data.Length / Stripe * Stripe)..];
        for (; tail.Length >= sizeof(ulong); tail = tail[sizeof(ulong)..])
            hash = BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(tail)), 27) * Prime1 + Prime4;
        if (tail.Length >= sizeof(uint))
        {
            hash = BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(tail) * Prime1), 23) * Prime2 + Prime3;
            tail = tail[sizeof(uint)..];
        }
        foreach (byte last in tail)
            hash = BitOperations.RotateLeft(hash ^ (last * Prime5), 11) * Prime1;
        return Avalanche(hash);
    }

    /// <summary>The last step of XXH64: a bijection after which every bit of the input moves half of the output's.</summary>
    public static ulong Avalanche(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }

    private static ulong Lanes(ReadOnlySpan<byte> data, ulong seed)
    {
        ulong a = seed + Prime1 + Prime2, b = seed + Prime2, c = seed, d = seed - Prime1;
        for (; data.Length >= Stripe; data = data[Stripe..])
        {
            a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(data));
            b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(data[8..]));
            c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(data[16..]));
            d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(data[24..]));
        }
        ulong hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
        return Merge(Merge(Merge(Merge(hash, a), b), c), d);
    }

    private static ulong Merge(ulong hash, ulong lane) => (hash ^ Round(0, lane)) * Prime1 + Prime4;

    private static ulong Round(ulong lane, ulong input) => BitOperations.RotateLeft(lane + input * Prime2, 31) * Prime1;
}
