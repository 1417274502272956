using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>
/// Says who sent a request: verifies its signature, its age and its region. Where no keys are configured whoever asks may do
/// everything, and signatures, which nobody could verify, are not looked at.
/// </summary>
internal sealed class Authenticator(S3Options options, TimeProvider time)
{
    private const string Service = "s3";

    /// <summary>How far clocks may be apart; AWS's own number.</summary>
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(15);

    private readonly FrozenDictionary<string, AccessKey> _keys = options.Keys.ToFrozenDictionary(k => k.Id, StringComparer.Ordinal);
    private readonly Caller _public = options.Keys.Count == 0 ? Caller.Anybody : Caller.Public(options.Buckets.Where(b => b.IsPublic).Select(b => b.Name));

    private readonly FrozenDictionary<string, Caller> _callers = options.Keys.ToFrozenDictionary(
        k => k.Id, k => Caller.Of(k, Caller.Public(options.Buckets.Where(b => b.IsPublic).Select(b => b.Name))), StringComparer.Ordinal);

    /// <summary>Keys of a day: one a key of the configuration, and forgotten when another day comes.</summary>
    private readonly ConcurrentDictionary<string, (string Day, byte[] Key)> _signingKeys = new();

    /// <summary>Sets who asks and how the body is verified.</summary>
    /// <exception cref="S3Exception">The signature does not prove it.</exception>
    public void Authenticate(S3Request request)
    {
        string? payload = request.Header(S3Headers.ContentSha256);
        if (_keys.Count == 0)
        {
            request.Caller = Caller.Anybody;
            request.Payload = PayloadSignature.Of(payload, key: null);
            return;
        }
        if (SignedRequest.Of(request) is not { } signed)
        {
            request.Caller = _public;
            request.Payload = PayloadSignature.Of(payload, key: null) is { Key: null } plain && payload is not (PayloadSignature.Chunked or PayloadSignature.ChunkedTrailer)
                ? plain
                : throw S3Error.AccessDenied("Chunks are signed, but the request is not.").Thrown();
            return;
        }
        Verify(request, signed, payload);
    }

    private void Verify(S3Request request, SignedRequest signed, string? payload)
    {
        bool isPresigned = signed.Expires is not null;
        if (!isPresigned && payload is null)
            throw S3Error.InvalidRequest("Missing required header for this request: x-amz-content-sha256").Thrown();
        if (request.Header(S3Headers.SecurityToken) is not null || request.Query.Has(SignatureQuery.SecurityToken))
            throw new S3Error(StatusCodes.Status400BadRequest, "InvalidToken", "Session tokens are not known here; use a key of the node's configuration.").Thrown();
        if (!_keys.TryGetValue(signed.AccessKey, out AccessKey? key))
            throw new S3Error(StatusCodes.Status403Forbidden, "InvalidAccessKeyId", "The access key does not exist in this node's configuration.") { Details = [new("AWSAccessKeyId", signed.AccessKey)] }.Thrown();
        RequireScope(signed);
        RequireTime(signed);
        RequireHeadersSigned(request, signed);

        byte[] signingKey = SigningKeyOf(key, signed);
        string canonical = CanonicalText.Of(
            request.Context.Request.Method, request.Target.Path, request.Query.Values, request.Headers, signed.Headers, payload ?? PayloadSignature.Unsigned);
        if (!SigV4.AreEqual(SigV4.Sign(signingKey, signed.Date, signed.Scope, canonical), signed.Signature))
        {
            throw new S3Error(StatusCodes.Status403Forbidden, "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
            {
                Details = [new("AWSAccessKeyId", key.Id), new("CanonicalRequest", canonical)],
            }.Thrown();
        }
        request.Caller = _callers[key.Id];
        request.Payload = PayloadSignature.Of(payload, new ChunkKey(signingKey, signed.Date, signed.Scope, signed.Signature));
    }

    private void RequireScope(SignedRequest signed)
    {
        if (signed.Region != options.Region || signed.Service != Service)
        {
            throw new S3Error(
                StatusCodes.Status400BadRequest, signed.Expires is null ? "AuthorizationHeaderMalformed" : "AuthorizationQueryParametersError",
                $"The credential names '{signed.Region}/{signed.Service}'; expecting '{options.Region}/{Service}'.")
            { Details = [new("Region", options.Region)] }.Thrown();
        }
    }

    private void RequireTime(SignedRequest signed)
    {
        DateTimeOffset now = time.GetUtcNow(), then = signed.SignedAt;
        if (signed.Expires is { } good)
        {
            if (now > then + good)
                throw S3Error.AccessDenied("Request has expired").Thrown();
            if (then > now + MaxSkew)
                throw S3Error.AccessDenied("Request is not yet valid").Thrown();
        }
        else if ((now - then).Duration() > MaxSkew)
        {
            throw new S3Error(StatusCodes.Status403Forbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
            {
                Details = [new("RequestTime", signed.Date), new("ServerTime", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture))],
            }.Thrown();
        }
    }

    /// <summary>What means something to us must be part of what was signed, or whoever stands between could add it.</summary>
    private static void RequireHeadersSigned(S3Request request, SignedRequest signed)
    {
        foreach (string name in request.Headers.Keys)
        {
            if (name.StartsWith(S3Headers.Amz, StringComparison.OrdinalIgnoreCase) && !Names(signed.Headers, name))
                throw new S3Error(StatusCodes.Status403Forbidden, "AccessDenied", "There were headers present in the request which were not signed") { Details = [new("HeadersNotSigned", name)] }.Thrown();
        }
    }

    private static bool Names(ReadOnlySpan<char> list, string name)
    {
        foreach (Range range in list.Split(';'))
        {
            if (list[range].Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private byte[] SigningKeyOf(AccessKey key, SignedRequest signed)
    {
        if (_signingKeys.TryGetValue(key.Id, out (string Day, byte[] Key) known) && known.Day == signed.Day)
            return known.Key;
        byte[] made = SigV4.SigningKey(key.Secret, signed.Day, signed.Region, signed.Service);
        _signingKeys[key.Id] = (signed.Day, made);
        return made;
    }
}
