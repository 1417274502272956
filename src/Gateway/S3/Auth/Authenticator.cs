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

    /// <summary>What the canonical text of most requests has; longer ones are made in a rented buffer.</summary>
    private const int CanonicalBytes = 1024;

    /// <summary>How far clocks may be apart; AWS's own number.</summary>
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(15);

    private readonly FrozenDictionary<string, KnownKey>.AlternateLookup<ReadOnlySpan<char>> _keys = options.Keys
        .ToFrozenDictionary(k => k.Id, k => new KnownKey(k, Caller.Of(k, PublicOf(options))), StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly Caller _public = PublicOf(options);

    /// <summary>Sets who asks and how the body is verified.</summary>
    /// <exception cref="S3Exception">The signature does not prove it.</exception>
    public void Authenticate(S3Request request)
    {
        string? payload = request.Header(S3Headers.ContentSha256);
        if (options.Keys.Count == 0)
        {
            request.Caller = Caller.Anybody;
            request.Payload = PayloadSignature.Of(payload, key: null);
            return;
        }
        if (!SignedRequest.TryRead(request, out SignedRequest signed))
        {
            request.Caller = _public;
            request.Payload = !PayloadSignature.SignsChunks(payload)
                ? PayloadSignature.Of(payload, key: null)
                : throw S3Error.AccessDenied("Chunks are signed, but the request is not.").Thrown();
            return;
        }
        Verify(request, signed, payload);
    }

    private static Caller PublicOf(S3Options options) => Caller.Public(options.Buckets.Where(b => b.IsPublic).Select(b => b.Name));

    private void Verify(S3Request request, in SignedRequest signed, string? payload)
    {
        bool isPresigned = signed.Expires is not null;
        if (!isPresigned && payload is null)
            throw S3Error.InvalidRequest("Missing required header for this request: x-amz-content-sha256").Thrown();
        if (request.Header(S3Headers.SecurityToken) is not null || request.Query.Has(SignatureQuery.SecurityToken))
            throw new S3Error(StatusCodes.Status400BadRequest, "InvalidToken", "Session tokens are not known here; use a key of the node's configuration.").Thrown();
        if (!_keys.TryGetValue(signed.AccessKey, out KnownKey? key))
            throw new S3Error(StatusCodes.Status403Forbidden, "InvalidAccessKeyId", "The access key does not exist in this node's configuration.") { Details = [new("AWSAccessKeyId", signed.AccessKey.ToString())] }.Thrown();
        RequireScope(signed);
        RequireTime(signed);
        RequireHeadersSigned(request, signed);

        SigningKey signingKey = key.SigningKeyOf(signed);
        var canonical = new Utf8Text(stackalloc byte[CanonicalBytes]);
        CanonicalText.Append(
            ref canonical, request.Context.Request.Method, request.Target.Path, request.Query.Values, request.Headers, signed.Headers, payload ?? PayloadSignature.Unsigned);
        bool genuine = signingKey.Verifies(signed, canonical.Written);
        string? text = genuine ? null : canonical.ToString();
        canonical.Dispose();
        if (text is not null)
        {
            throw new S3Error(StatusCodes.Status403Forbidden, "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
            {
                Details = [new("AWSAccessKeyId", key.Id), new("CanonicalRequest", text)],
            }.Thrown();
        }
        request.Caller = key.Caller;
        request.Payload = PayloadSignature.Of(
            payload, PayloadSignature.SignsChunks(payload) ? new ChunkKey(signingKey.Bytes, signed.Date.ToString(), signed.Scope, signed.Signature.ToString()) : null);
    }

    private void RequireScope(in SignedRequest signed)
    {
        if (!signed.Region.SequenceEqual(options.Region) || signed.Service is not Service)
        {
            throw new S3Error(
                StatusCodes.Status400BadRequest, signed.Expires is null ? "AuthorizationHeaderMalformed" : "AuthorizationQueryParametersError",
                $"The credential names '{signed.Region}/{signed.Service}'; expecting '{options.Region}/{Service}'.")
            { Details = [new("Region", options.Region)] }.Thrown();
        }
    }

    private void RequireTime(in SignedRequest signed)
    {
        DateTimeOffset now = time.GetUtcNow(), then = signed.SignedAt;
        if (signed.Expires is { } good)
        {
            if (now - then > good)
                throw S3Error.AccessDenied("Request has expired").Thrown();
            if (then > now + MaxSkew)
                throw S3Error.AccessDenied("Request is not yet valid").Thrown();
        }
        else if ((now - then).Duration() > MaxSkew)
        {
            throw new S3Error(StatusCodes.Status403Forbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
            {
                Details = [new("RequestTime", signed.Date.ToString()), new("ServerTime", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture))],
            }.Thrown();
        }
    }

    /// <summary>What means something to us must be part of what was signed, or whoever stands between could add it.</summary>
    private static void RequireHeadersSigned(S3Request request, in SignedRequest signed)
    {
        foreach ((string name, _) in request.Headers)
        {
            if (name.StartsWith(S3Headers.Amz, StringComparison.OrdinalIgnoreCase) && !signed.Signs(name))
                throw new S3Error(StatusCodes.Status403Forbidden, "AccessDenied", "There were headers present in the request which were not signed") { Details = [new("HeadersNotSigned", name)] }.Thrown();
        }
    }

    /// <summary>A key of the configuration, who may use it, and what it signs with today.</summary>
    private sealed class KnownKey(AccessKey key, Caller caller)
    {
        private volatile SigningKey? _signingKey;

        public string Id => key.Id;

        public Caller Caller => caller;

        /// <summary>Of the day that the request names. Around midnight two days alternate, which costs making keys again.</summary>
        public SigningKey SigningKeyOf(in SignedRequest signed)
        {
            SigningKey? known = _signingKey;
            if (known is not null && signed.Day.SequenceEqual(known.Day))
                return known;
            string day = signed.Day.ToString();
            return _signingKey = new SigningKey(day, SigV4.SigningKey(key.Secret, day, signed.Region.ToString(), signed.Service.ToString()));
        }
    }
}
