using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Ring;

/// <summary>
/// Where a stripe of a file lies on the ring: hash of identity, key and stripe number, without the version, so that a new
/// version of a file lands on the node that had the old one.
/// </summary>
public readonly record struct RingKey(ulong Value)
{
    /// <summary>An odd number, so that stripes of one file never share a place (Weyl sequence; the golden ratio's first 64 bits).</summary>
    private const ulong StripeStep = 0x9E3779B97F4A7C15;

    /// <summary>Longer names are rare; they are hashed from the heap.</summary>
    private const int OnStack = 1024;

    /// <summary>
    /// XXH64 over each string as UTF-8 with its 32-bit little-endian length in front; plus the stripe number times the step,
    /// mixed once more. Written in docs/CLUSTER.md, with vectors in the tests: every process and release must agree.
    /// </summary>
    public static RingKey Of(UfsIdentity identity, string key, long stripe) => OfFile(identity, key).AtStripe(stripe);

    /// <summary>The key of stripe 0, which holds the file's metadata too.</summary>
    public static RingKey OfFile(UfsIdentity identity, string key)
    {
        int size = 2 * sizeof(int) + Encoding.UTF8.GetMaxByteCount(identity.Uri.Length) + Encoding.UTF8.GetMaxByteCount(key.Length);
        Span<byte> input = size <= OnStack ? stackalloc byte[OnStack] : new byte[size];
        int at = Append(input, 0, identity.Uri);
        at = Append(input, at, key);
        return new RingKey(XxHash64.Of(input[..at]));
    }

    /// <summary>The key of another stripe of the file whose stripe 0 this is.</summary>
    public RingKey AtStripe(long stripe) => stripe == 0 ? this : new(XxHash64.Avalanche(Value + (ulong)stripe * StripeStep));

    /// <summary>A number below <paramref name="count"/>: always the same for one reader of one key, evenly spread over readers and over keys.</summary>
    public int Choose(string reader, int count) => (int)(XxHash64.Of(MemoryMarshal.AsBytes(reader.AsSpan()), Value) % (ulong)count);

    public override string ToString() => Value.ToString("x16", null);

    private static int Append(Span<byte> target, int at, string text)
    {
        int bytes = Encoding.UTF8.GetBytes(text, target[(at + sizeof(int))..]);
        BinaryPrimitives.WriteInt32LittleEndian(target[at..], bytes);
        return at + sizeof(int) + bytes;
    }
}
