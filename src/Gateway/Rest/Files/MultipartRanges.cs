using System.Security.Cryptography;
using System.Text;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// A multipart/byteranges body (RFC 9110, section 14.6): what stands before each range and after the last one. The boundary is
/// a hash that covers the version, so that the content, being older than it, cannot have been made to hold it.
/// </summary>
internal sealed class MultipartRanges
{
    /// <summary>128 bits are never met by accident.</summary>
    private const int BoundaryBytes = 16;

    private readonly byte[][] _heads;

    public MultipartRanges(FileHeaders file, ByteRange[] ranges)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes("multipart/byteranges of " + file.ETag), hash);
        string boundary = Convert.ToHexStringLower(hash[..BoundaryBytes]);

        Ranges = ranges;
        ContentType = "multipart/byteranges; boundary=" + boundary;
        Tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        ContentLength = Tail.Length;
        _heads = new byte[ranges.Length][];
        for (int i = 0; i < ranges.Length; i++)
        {
            _heads[i] = Encoding.UTF8.GetBytes(
                $"\r\n--{boundary}\r\nContent-Type: {file.ContentType}\r\nContent-Range: {ranges[i].ContentRange(file.Length)}\r\n\r\n");
            ContentLength += _heads[i].Length + ranges[i].Length;
        }
    }

    public IReadOnlyList<ByteRange> Ranges { get; }

    /// <summary>Value of the answer's Content-Type.</summary>
    public string ContentType { get; }

    /// <summary>Bytes of the whole body.</summary>
    public long ContentLength { get; }

    /// <summary>What ends the body.</summary>
    public ReadOnlyMemory<byte> Tail { get; }

    /// <summary>What stands before range <paramref name="index"/>.</summary>
    public ReadOnlyMemory<byte> HeadOf(int index) => _heads[index];
}
