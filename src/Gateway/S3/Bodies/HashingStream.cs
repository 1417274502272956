using System.Security.Cryptography;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.S3.Bodies;

/// <summary>Passes content on and makes its MD5, and a checksum where one is wanted, as it goes by.</summary>
internal sealed class HashingStream(Stream content, Checksum? checksum = null) : ForwardStream
{
    private readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);

    public long BytesRead { get; private set; }

    /// <summary>Of all that was read, in hexadecimal; ends it.</summary>
    public string TakeMd5() => Convert.ToHexStringLower(_md5.GetHashAndReset());

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _md5.AppendData(buffer.Span[..read]);
        checksum?.Append(buffer.Span[..read]);
        BytesRead += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        _md5.Dispose();
        content.Dispose();
        base.Dispose(disposing);
    }
}
