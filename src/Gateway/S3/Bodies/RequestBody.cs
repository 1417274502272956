using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Writing;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.S3.Bodies;

/// <summary>
/// A request's content, verified while it is read: length, SHA-256, MD5, checksums of headers and trailers. Its end is only told once all of
/// it holds; what does not hold throws instead, and whoever was writing gives the write up.
/// </summary>
internal sealed class RequestBody : ForwardStream
{
    private readonly UploadStream _upload;
    private readonly ChunkedBody? _chunked;
    private readonly S3Request _request;
    private readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly IncrementalHash? _sha256;
    private readonly Checksum? _checksum;
    private readonly long? _expected;
    private bool _makesMd5 = true;
    private string? _md5Hex;
    private bool _isVerified;

    private RequestBody(S3Request request, UploadStream upload, bool checksums, string? algorithm)
    {
        _request = request;
        _upload = upload;
        PayloadSignature payload = request.Payload;
        _chunked = payload.IsChunked ? new ChunkedBody(upload, new ChunkDecoder(payload)) : null;
        _sha256 = payload.Sha256 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _checksum = checksums ? ChecksumDemands.Wanted(request, algorithm) : null;
        _expected = payload.IsChunked ? DecodedLength(request) : request.Context.Request.ContentLength;
    }

    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>MD5 of all that was read, in hexadecimal; ends it. Null after <see cref="LeaveMd5"/>.</summary>
    public string? Md5 => _makesMd5 ? _md5Hex ??= Convert.ToHexStringLower(_md5.GetHashAndReset()) : null;

    /// <summary>The checksum that was made, once the body is read; null: nobody named one.</summary>
    public StoredChecksum? Checksum { get; private set; }

    /// <summary>The one that a header named before the body: if it does not hold, the body's end is never told. Null: it stands in a trailer, or there is none.</summary>
    public StoredChecksum? ClaimedChecksum =>
        _checksum is not null && _request.Header(S3Headers.Checksum + _checksum.Name) is { } value ? new StoredChecksum(_checksum.Name, value) : null;

    /// <param name="request">The request.</param>
    /// <param name="limits">How long a client may pause.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="checksums">Whether checksums that the headers name are those of this body.</param>
    /// <param name="algorithm">Of the checksum that is made even where the client names none, and beside which it may name no other; null: as the client wants it.</param>
    /// <exception cref="S3Exception">MissingContentLength; InvalidDigest; InvalidRequest: headers contradict each other.</exception>
    public static RequestBody Open(S3Request request, RestLimits limits, TimeProvider time, bool checksums = true, string? algorithm = null)
    {
        if (request.Context.Request.ContentLength is null && !request.Payload.IsChunked && request.Headers.TransferEncoding.Count == 0)
            throw new S3Error(StatusCodes.Status411LengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.").Thrown();
        FileWriteEndpoint.LiftBodyLimits(request.Context);
        return new RequestBody(request, new UploadStream(request.Context.Request.Body, limits.StallTimeout, time), checksums, algorithm);
    }

    /// <summary>Nobody asks for the MD5, which takes longer than all other sums together; one that the client named is compared all the same.</summary>
    public void LeaveMd5() => _makesMd5 = _request.Headers.ContentMD5.Count > 0;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = _chunked is null
            ? await _upload.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)
            : await _chunked.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            if (!buffer.IsEmpty && !_isVerified)
                Verify();
            return 0;
        }
        BytesRead += read;
        ReadOnlySpan<byte> piece = buffer.Span[..read];
        if (_makesMd5)
            _md5.AppendData(piece);
        _sha256?.AppendData(piece);
        _checksum?.Append(piece);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        _chunked?.Dispose();
        _upload.Dispose();
        _md5.Dispose();
        _sha256?.Dispose();
        _checksum?.Dispose();
        base.Dispose(disposing);
    }

    private void Verify()
    {
        if (_expected is { } expected && expected != BytesRead)
            throw S3Error.IncompleteBody($"The body holds {BytesRead} bytes instead of {expected}; nothing was written.").Thrown();
        if (_sha256 is not null && Convert.ToHexStringLower(_sha256.GetHashAndReset()) != _request.Payload.Sha256)
        {
            throw new S3Error(StatusCodes.Status400BadRequest, "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed; nothing was written.").Thrown();
        }
        if (_request.Header("Content-MD5") is { } md5 && md5 != Convert.ToBase64String(Convert.FromHexString(Md5!)))
            throw S3Error.BadDigest("The Content-MD5 you specified did not match what we received; nothing was written.").Thrown();
        if (_chunked is not null)
            ChecksumDemands.RequireAnnounced(_request, _checksum, _chunked.Decoder.Trailers);
        if (_checksum is not null && Checksum is null)
            Checksum = ChecksumDemands.Verified(_request, _checksum, _chunked?.Decoder.Trailers ?? []);
        _isVerified = true;
    }

    private static long DecodedLength(S3Request request) =>
        long.TryParse(request.Header(S3Headers.DecodedContentLength), NumberStyles.None, CultureInfo.InvariantCulture, out long length)
            ? length
            : throw new S3Error(StatusCodes.Status411LengthRequired, "MissingContentLength", "A chunked body needs x-amz-decoded-content-length.").Thrown();
}
