using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Checksums;

/// <summary>A checksum of an object: what it is of, and how it was made.</summary>
/// <param name="Algorithm">"crc32" ...</param>
/// <param name="Value">Base 64; of an upload in parts, with "-N" behind it where it is one of the parts' checksums.</param>
/// <param name="IsComposite">A checksum of the parts' checksums.</param>
internal sealed record StoredChecksum(string Algorithm, string Value, bool IsComposite = false)
{
    public string Header => S3Headers.Checksum + Algorithm;

    public string Type => IsComposite ? ChecksumType.Composite : ChecksumType.FullObject;

    /// <summary>Element of documents that holds one of an algorithm.</summary>
    public static string ElementOf(string algorithm) => "Checksum" + algorithm.ToUpperInvariant();

    /// <summary>As documents tell it.</summary>
    public void Write(XmlAnswer xml)
    {
        xml.Text(ElementOf(Algorithm), Value);
        xml.Text("ChecksumType", Type);
    }
}

/// <summary>What S3 calls the two kinds of checksums that uploads in parts can have.</summary>
internal static class ChecksumType
{
    /// <summary>Of all bytes.</summary>
    public const string FullObject = "FULL_OBJECT";

    /// <summary>Of the parts' checksums.</summary>
    public const string Composite = "COMPOSITE";
}

/// <summary>Which checksum a request names for its body, in a header or in a trailer, and whether it holds.</summary>
internal static class ChecksumDemands
{
    /// <summary>The sum to be made while the body is read, which headers, trailers or both name; null: none is named.</summary>
    /// <param name="request">The request.</param>
    /// <param name="algorithm">The one that an upload was begun with: made of each of its parts, named or not. Null: there is none.</param>
    /// <exception cref="S3Exception">InvalidRequest: two are named, or one that is not known, or not the upload's. InvalidDigest.</exception>
    public static Checksum? Wanted(S3Request request, string? algorithm)
    {
        if (request.Header("Content-MD5") is { } md5 && !IsBase64(md5, 16))
            throw new S3Error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.").Thrown();
        IEnumerable<string> announced = request.Payload.HasTrailer ? Announced(request) : [];
        string[] named = [.. request.Headers.Keys.Concat(announced).Where(IsChecksum).Distinct(StringComparer.OrdinalIgnoreCase)];
        if (named.Length > 1)
            throw S3Error.InvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum types are not allowed.").Thrown();
        if (named.Length == 0)
            return algorithm is null ? null : Known(algorithm);
        Checksum wanted = Known(named[0][S3Headers.Checksum.Length..]);
        if (algorithm is null || wanted.Name == algorithm)
            return wanted;
        wanted.Dispose();
        throw S3Error.InvalidRequest($"Checksum Type mismatch occurred, expected checksum Type: {algorithm}, actual checksum Type: {wanted.Name}").Thrown();
    }

    /// <summary>A checksum that came behind the body without having been announced, or of a body that none is made of, is refused, not passed over.</summary>
    /// <exception cref="S3Exception">MalformedTrailerError.</exception>
    public static void RequireAnnounced(S3Request request, Checksum? made, IReadOnlyList<KeyValuePair<string, string>> trailers)
    {
        foreach ((string name, _) in trailers)
        {
            if (!IsChecksum(name))
                continue;
            if (!Announced(request).Contains(name, StringComparer.OrdinalIgnoreCase))
                throw Malformed($"The trailer '{name}' came without having been announced in x-amz-trailer; nothing was written.");
            if (made is null || !name.Equals(S3Headers.Checksum + made.Name, StringComparison.OrdinalIgnoreCase))
                throw Malformed($"The trailer '{name}' is not the checksum that is made of this body; nothing was written.");
        }
    }

    /// <summary>Compares what was made with all that was said of it.</summary>
    /// <exception cref="S3Exception">BadDigest; InvalidRequest: the trailer that was announced did not come.</exception>
    public static StoredChecksum Verified(S3Request request, Checksum made, IReadOnlyList<KeyValuePair<string, string>> trailers)
    {
        string name = S3Headers.Checksum + made.Name, value = made.ToBase64();
        IEnumerable<string> ofHeader = request.Header(name) is { } header ? [header] : [];
        string[] said = [.. ofHeader, .. trailers.Where(t => t.Key == name).Select(t => t.Value)];
        if (said.Length == 0 && Announced(request).Contains(name, StringComparer.OrdinalIgnoreCase))
            throw S3Error.InvalidRequest($"The trailer '{name}' was announced and did not come; nothing was written.").Thrown();
        return said.All(one => one == value)
            ? new StoredChecksum(made.Name, value)
            : throw S3Error.BadDigest($"The {made.Name.ToUpperInvariant()} you specified did not match the calculated checksum; nothing was written.").Thrown();
    }

    private static string[] Announced(S3Request request) => request.Header(S3Headers.Trailer)?.Split(',', StringSplitOptions.TrimEntries) ?? [];

    private static S3Exception Malformed(string message) => new S3Error(400, "MalformedTrailerError", message).Thrown();

    /// <summary>Not all that begins so carries a sum.</summary>
    private static bool IsChecksum(string name) => name.StartsWith(S3Headers.Checksum, StringComparison.OrdinalIgnoreCase)
        && name.Length > S3Headers.Checksum.Length
        && name.ToLowerInvariant() is not (S3Headers.ChecksumMode or S3Headers.ChecksumType or S3Headers.ChecksumAlgorithm);

    private static Checksum Known(string name) => Checksum.Create(name)
        ?? throw S3Error.InvalidRequest($"'{name}' is no checksum that is known here; use {string.Join(", ", Checksum.Names)}.").Thrown();

    private static bool IsBase64(string text, int bytes)
    {
        Span<byte> value = stackalloc byte[64];
        return text.Length <= 64 && Convert.TryFromBase64String(text, value, out int length) && length == bytes;
    }
}
