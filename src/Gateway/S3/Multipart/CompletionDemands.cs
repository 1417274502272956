using System.Globalization;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>What the headers of a completion say of the object that is to come of it. What the parts alone can prove wrong is refused before anything is written.</summary>
/// <param name="Algorithm">Of the object's checksum; null: it gets none.</param>
/// <param name="IsFull">Whether that is one of its bytes, to be made while they are written.</param>
/// <param name="Said">What a full checksum must be; null: whatever it is.</param>
/// <param name="Known">The checksum, where the parts' checksums alone say it.</param>
internal sealed record CompletionDemands(string? Algorithm, bool IsFull, string? Said, StoredChecksum? Known)
{
    /// <summary>No byte need be read for it.</summary>
    public bool IsKnown => !IsFull || Known is not null;

    /// <exception cref="S3Exception">InvalidRequest, BadDigest.</exception>
    public static CompletionDemands Of(S3Request request, UploadRecord upload, IReadOnlyList<PartRecord> parts)
    {
        RequireSize(request, parts);
        StoredChecksum? said = SaidOf(request);
        // An upload that was begun without one may be completed with a checksum of all its bytes.
        string? algorithm = upload.ChecksumAlgorithm ?? said?.Algorithm;
        bool isFull = upload.ChecksumAlgorithm is null ? algorithm is not null : upload.FullObjectChecksum;
        if (said is not null && said.Algorithm != algorithm)
            throw S3Error.InvalidRequest($"The upload was begun with {algorithm!.ToUpperInvariant()}, and its completion names a {said.Algorithm.ToUpperInvariant()} checksum.").Thrown();
        RequireType(request, algorithm, isFull);
        StoredChecksum? known = algorithm is null ? null : isFull ? PartList.CombinedOf(parts, algorithm) : PartList.CompositeOf(parts, algorithm);
        // One of all bytes that the parts do not say is made, and compared, when they are read.
        if (said is not null && !(isFull && known is null) && !IsOf(known, said.Value))
            throw S3Error.BadDigest($"The {said.Algorithm.ToUpperInvariant()} you specified did not match that of the parts; nothing was written.").Thrown();
        return new(algorithm, isFull, said?.Value, known);
    }

    /// <summary>A composite one with the number of parts behind it or without.</summary>
    private static bool IsOf(StoredChecksum? known, string said) =>
        known is not null && (known.Value == said || (known.IsComposite && known.Value.AsSpan(0, known.Value.LastIndexOf('-')).SequenceEqual(said)));

    private static StoredChecksum? SaidOf(S3Request request)
    {
        StoredChecksum? said = null;
        foreach (string name in Checksum.Names)
        {
            if (request.Header(S3Headers.Checksum + name) is not { } value)
                continue;
            said = said is null ? new StoredChecksum(name, value) : throw S3Error.InvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum types are not allowed.").Thrown();
        }
        return said;
    }

    private static void RequireType(S3Request request, string? algorithm, bool isFull)
    {
        string expected = isFull ? ChecksumType.FullObject : ChecksumType.Composite;
        if (request.Header(S3Headers.ChecksumType) is { } type && algorithm is not null && type != expected)
            throw S3Error.InvalidRequest($"The upload's checksum is {expected}, and its completion says {type}.").Thrown();
    }

    private static void RequireSize(S3Request request, IReadOnlyList<PartRecord> parts)
    {
        if (request.Header(S3Headers.ObjectSize) is not { } text)
            return;
        long size = 0;
        foreach (PartRecord part in parts)
            size += part.Length;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long said) || said != size)
            throw S3Error.InvalidRequest($"The parts have {size} bytes, and x-amz-mp-object-size says '{text}'; nothing was written.").Thrown();
    }
}
