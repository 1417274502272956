using System.Buffers.Text;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Grains.Placement;

/// <summary>
/// Texts of grain keys. All that placement needs stands in front: the ring key as 16 hexadecimal digits, or '@' and a node's name.
/// <list type="bullet">
/// <item>file: ring key of the file, then its cache path: <c>89abcdef01234567/imagenet/a.tar</c></item>
/// <item>page: ring key of its stripe, file id, page number: <c>89abcdef01234567/00112233445566778899aabbccddeeff/42</c></item>
/// <item>node: <c>@n1</c></item>
/// </list>
/// </summary>
public static class GrainKey
{
    private const int RingDigits = 16;
    private const char Node = '@';

    public static string OfFile(RingKey ring, CachePath path) => string.Concat(ring.ToString(), path.Value);

    public static string OfPage(RingKey stripe, FileId file, long page) => $"{stripe}/{file}/{page}";

    public static string OfNode(string name) => Node + name;

    /// <summary>The path in a file's key.</summary>
    public static CachePath PathOf(IdSpan key) => CachePath.Parse(key.ToString()![RingDigits..]);

    /// <summary>The ring key in front of a file's or a page's key.</summary>
    public static bool TryReadRing(IdSpan key, out RingKey ring)
    {
        ReadOnlySpan<byte> text = key.AsSpan();
        ring = default;
        if (text.Length <= RingDigits || text[RingDigits] != '/'
            || !Utf8Parser.TryParse(text[..RingDigits], out ulong value, out int read, 'x') || read != RingDigits)
            return false;
        ring = new RingKey(value);
        return true;
    }

    /// <summary>The name in a node's key.</summary>
    public static bool TryReadNode(IdSpan key, out string name)
    {
        ReadOnlySpan<byte> text = key.AsSpan();
        bool isNode = text.Length > 1 && text[0] == Node;
        name = isNode ? System.Text.Encoding.UTF8.GetString(text[1..]) : "";
        return isNode;
    }
}
