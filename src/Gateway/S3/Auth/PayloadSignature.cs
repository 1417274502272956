using System.Buffers;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>How a request's body is to be read and verified: the value of x-amz-content-sha256, and what chunks are signed with.</summary>
internal sealed record PayloadSignature
{
    public const string Unsigned = "UNSIGNED-PAYLOAD";
    public const string Chunked = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    public const string ChunkedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    public const string UnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

    /// <summary>A plain body that nothing is said of.</summary>
    public static PayloadSignature None { get; } = new();

    /// <summary>What most requests say that have no body.</summary>
    private static readonly PayloadSignature Empty = new() { Sha256 = SigV4.EmptyHash };

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>SHA-256 that the body must have, in hexadecimal; null: none is said.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The body is in chunks of its own framing.</summary>
    public bool IsChunked { get; init; }

    /// <summary>Headers follow the last chunk.</summary>
    public bool HasTrailer { get; init; }

    /// <summary>What chunks are signed with; null: they are not signed, or nobody verifies it.</summary>
    public ChunkKey? Key { get; init; }

    /// <summary>Whether chunks of such a body are signed.</summary>
    public static bool SignsChunks(string? value) => value is Chunked or ChunkedTrailer;

    /// <param name="value">x-amz-content-sha256; null where it is not there.</param>
    /// <param name="key">Of the request's own signature.</param>
    /// <exception cref="Errors.S3Exception">InvalidArgument, NotImplemented.</exception>
    public static PayloadSignature Of(string? value, ChunkKey? key) => value switch
    {
        null or Unsigned => None,
        Chunked => new() { IsChunked = true, Key = key },
        ChunkedTrailer => new() { IsChunked = true, HasTrailer = true, Key = key },
        UnsignedTrailer => new() { IsChunked = true, HasTrailer = true },
        _ when value.StartsWith("STREAMING-", StringComparison.Ordinal) => throw Errors.S3Error.NotImplemented($"x-amz-content-sha256 '{value}'").Thrown(),
        SigV4.EmptyHash => Empty,
        { Length: 64 } when !value.AsSpan().ContainsAnyExcept(HexDigits) => new() { Sha256 = value.ToLowerInvariant() },
        _ => throw Errors.S3Error.InvalidArgument("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- value, or a SHA-256 in hexadecimal.").Thrown(),
    };
}

/// <summary>What the signatures of chunks begin from.</summary>
/// <param name="SigningKey">See <see cref="SigV4.SigningKey"/>.</param>
/// <param name="Date">x-amz-date.</param>
/// <param name="Scope">Of the credential.</param>
/// <param name="Seed">The request's own signature.</param>
internal sealed record ChunkKey(byte[] SigningKey, string Date, string Scope, string Seed);
