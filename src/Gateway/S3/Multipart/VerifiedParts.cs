using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>The parts of an upload one after the other, with the checksum of all their bytes; one that the client named must hold before the end is told.</summary>
internal sealed class VerifiedParts(Stream parts, Checksum? sum, string? said) : ForwardStream
{
    /// <summary>Once all was read; null: none was made.</summary>
    public StoredChecksum? Checksum { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await parts.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        sum?.Append(buffer.Span[..read]);
        if (read > 0 || buffer.IsEmpty || sum is null || Checksum is not null)
            return read;
        Checksum = new StoredChecksum(sum.Name, sum.ToBase64());
        if (said is not null && said != Checksum.Value)
            throw S3Error.BadDigest($"The {sum.Name.ToUpperInvariant()} you specified did not match the calculated checksum; nothing was written.").Thrown();
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        parts.Dispose();
        base.Dispose(disposing);
    }
}
