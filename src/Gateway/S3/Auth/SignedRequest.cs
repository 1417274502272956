using System.Globalization;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>What a request says of its signature, in its header or its query. Nothing of it is verified yet. Pure.</summary>
/// <param name="AccessKey">Who claims to have signed it.</param>
/// <param name="Day">Date of the scope, yyyyMMdd.</param>
/// <param name="Region">Region of the scope.</param>
/// <param name="Service">Service of the scope.</param>
/// <param name="Date">When it was signed, yyyyMMddTHHmmssZ.</param>
/// <param name="Headers">Names of the signed headers, joined by ';'.</param>
/// <param name="Signature">64 hexadecimal digits.</param>
/// <param name="Expires">Of a presigned URL: how long it is good for.</param>
internal sealed record SignedRequest(
    string AccessKey, string Day, string Region, string Service, string Date, string Headers, string Signature, TimeSpan? Expires)
{
    private const string DateFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Seven days: AWS's limit.</summary>
    private const int MaxExpires = 7 * 24 * 3600;

    public string Scope => $"{Day}/{Region}/{Service}/aws4_request";

    public DateTimeOffset SignedAt => DateTimeOffset.ParseExact(Date, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    /// <summary>Null: the request is not signed.</summary>
    /// <exception cref="S3Exception">It is signed in a way that is malformed, or of another version.</exception>
    public static SignedRequest? Of(S3Request request)
    {
        if (request.Header("Authorization") is { } header)
            return OfHeader(request, header);
        if (request.Query.Has(SignatureQuery.Algorithm) || request.Query.Has(SignatureQuery.Signature))
            return OfQuery(request);
        return request.Query.Has("AWSAccessKeyId") && request.Query.Has("Signature") ? throw Version2() : null;
    }

    private static SignedRequest OfHeader(S3Request request, string header)
    {
        if (header.StartsWith("AWS ", StringComparison.Ordinal))
            throw Version2();
        if (!header.StartsWith(SigV4.Algorithm + " ", StringComparison.Ordinal))
            throw S3Error.InvalidArgument($"Authorization is of a kind that is not known here; sign with {SigV4.Algorithm}.").Thrown();
        string? credential = null, headers = null, signature = null;
        foreach (string part in header[(SigV4.Algorithm.Length + 1)..].Split(',', StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=');
            string value = equals < 0 ? "" : part[(equals + 1)..];
            switch (equals < 0 ? "" : part[..equals])
            {
                case "Credential": credential = value; break;
                case "SignedHeaders": headers = value; break;
                case "Signature": signature = value; break;
            }
        }
        // Some clients send Date instead, in one of HTTP's own forms.
        string? date = request.Header(S3Headers.Date) ?? DateOf(request.Header("Date"));
        return Parse("AuthorizationHeaderMalformed", credential, headers, signature, date, null);
    }

    private static SignedRequest OfQuery(S3Request request)
    {
        const string Code = "AuthorizationQueryParametersError";
        S3Query query = request.Query;
        if (query.Get(SignatureQuery.Algorithm) != SigV4.Algorithm)
            throw new S3Error(400, Code, $"X-Amz-Algorithm only supports \"{SigV4.Algorithm}\".").Thrown();
        if (!int.TryParse(query.Get(SignatureQuery.Expires), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) || seconds is < 1 or > MaxExpires)
            throw new S3Error(400, Code, $"X-Amz-Expires must be a number of seconds from 1 to {MaxExpires}.").Thrown();
        return Parse(
            Code, query.Get(SignatureQuery.Credential), query.Get(SignatureQuery.SignedHeaders), query.Get(SignatureQuery.Signature),
            query.Get(SignatureQuery.Date), TimeSpan.FromSeconds(seconds));
    }

    private static SignedRequest Parse(string code, string? credential, string? headers, string? signature, string? date, TimeSpan? expires)
    {
        // Access keys may hold slashes; the four parts of the scope stand at the end.
        string[] parts = credential?.Split('/') ?? [];
        if (parts.Length < 5 || parts[^1] != "aws4_request")
            throw new S3Error(400, code, "The credential is not as ACCESS-KEY/YYYYMMDD/REGION/SERVICE/aws4_request.").Thrown();
        if (string.IsNullOrEmpty(headers) || !headers.Split(';').Contains("host"))
            throw new S3Error(400, code, "The signed headers must be listed, and 'host' must be one of them.").Thrown();
        if (string.IsNullOrEmpty(signature))
            throw new S3Error(400, code, "The signature is missing.").Thrown();
        if (date is null || !DateTimeOffset.TryParseExact(date, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
            throw S3Error.AccessDenied("AWS authentication requires a valid Date or x-amz-date header.").Thrown();
        if (!date.StartsWith(parts[^4], StringComparison.Ordinal))
            throw new S3Error(400, code, $"The day of the credential, '{parts[^4]}', is not that of the date '{date}'.").Thrown();
        return new(string.Join('/', parts[..^4]), parts[^4], parts[^3], parts[^2], date, headers, signature, expires);
    }

    private static string? DateOf(string? header) =>
        DateTimeOffset.TryParse(header, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date)
            ? date.UtcDateTime.ToString(DateFormat, CultureInfo.InvariantCulture)
            : null;

    private static S3Exception Version2() =>
        S3Error.InvalidRequest($"The authorization mechanism you have provided (Signature Version 2) is not supported. Please use {SigV4.Algorithm}.").Thrown();
}
