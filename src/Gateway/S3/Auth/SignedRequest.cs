using System.Globalization;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>What a request says of its signature, in its header or its query: pieces of their text. Nothing of it is verified yet. Pure.</summary>
internal readonly ref struct SignedRequest
{
    private const string DateFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Seven days: AWS's limit.</summary>
    private const int MaxExpires = 7 * 24 * 3600;

    private const string Terminator = "aws4_request";

    /// <summary>Who claims to have signed it.</summary>
    public ReadOnlySpan<char> AccessKey { get; private init; }

    /// <summary>Date of the scope, yyyyMMdd.</summary>
    public ReadOnlySpan<char> Day { get; private init; }

    /// <summary>Region of the scope.</summary>
    public ReadOnlySpan<char> Region { get; private init; }

    /// <summary>Service of the scope.</summary>
    public ReadOnlySpan<char> Service { get; private init; }

    /// <summary>When it was signed, yyyyMMddTHHmmssZ.</summary>
    public ReadOnlySpan<char> Date { get; private init; }

    public DateTimeOffset SignedAt { get; private init; }

    /// <summary>Names of the signed headers, joined by ';'.</summary>
    public ReadOnlySpan<char> Headers { get; private init; }

    /// <summary>64 hexadecimal digits.</summary>
    public ReadOnlySpan<char> Signature { get; private init; }

    /// <summary>Of a presigned URL: how long it is good for.</summary>
    public TimeSpan? Expires { get; private init; }

    public string Scope => $"{Day}/{Region}/{Service}/{Terminator}";

    public void AppendScope(scoped ref Utf8Text text)
    {
        text.Append(Day);
        text.Append((byte)'/');
        text.Append(Region);
        text.Append((byte)'/');
        text.Append(Service);
        text.Append((byte)'/');
        text.Append(Terminator);
    }

    public bool Signs(string header) => Lists(Headers, header);

    /// <summary>False: the request is not signed.</summary>
    /// <exception cref="S3Exception">It is signed in a way that is malformed, or of another version.</exception>
    public static bool TryRead(S3Request request, out SignedRequest signed)
    {
        signed = default;
        bool isPresigned = request.Query.Has(SignatureQuery.Algorithm) || request.Query.Has(SignatureQuery.Signature);
        if (request.Header("Authorization") is { } header)
        {
            signed = !isPresigned
                ? OfHeader(request, header)
                : throw S3Error.InvalidArgument("Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be specified.").Thrown();
        }
        else if (isPresigned)
        {
            signed = OfQuery(request);
        }
        else
        {
            return request.Query.Has("AWSAccessKeyId") && request.Query.Has("Signature") ? throw Version2() : false;
        }
        return true;
    }

    private static SignedRequest OfHeader(S3Request request, ReadOnlySpan<char> header)
    {
        if (header.StartsWith("AWS ", StringComparison.Ordinal))
            throw Version2();
        if (!header.StartsWith(SigV4.Algorithm + " ", StringComparison.Ordinal))
            throw S3Error.InvalidArgument($"Authorization is of a kind that is not known here; sign with {SigV4.Algorithm}.").Thrown();
        ReadOnlySpan<char> credential = default, headers = default, signature = default, rest = header[(SigV4.Algorithm.Length + 1)..];
        foreach (Range range in rest.Split(','))
        {
            ReadOnlySpan<char> part = rest[range].Trim();
            int equals = part.IndexOf('=');
            ReadOnlySpan<char> value = part[(equals + 1)..];
            switch (equals < 0 ? default : part[..equals])
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

    private static SignedRequest Parse(
        string code, ReadOnlySpan<char> credential, ReadOnlySpan<char> headers, ReadOnlySpan<char> signature, ReadOnlySpan<char> date, TimeSpan? expires)
    {
        // Access keys may hold slashes; the four parts of the scope stand at the end.
        ReadOnlySpan<char> left = credential;
        if (!TakeLast(ref left, out ReadOnlySpan<char> terminator) || !TakeLast(ref left, out ReadOnlySpan<char> service)
            || !TakeLast(ref left, out ReadOnlySpan<char> region) || !TakeLast(ref left, out ReadOnlySpan<char> day) || terminator is not Terminator)
            throw new S3Error(400, code, "The credential is not as ACCESS-KEY/YYYYMMDD/REGION/SERVICE/aws4_request.").Thrown();
        if (!Lists(headers, "host"))
            throw new S3Error(400, code, "The signed headers must be listed, and 'host' must be one of them.").Thrown();
        if (signature.IsEmpty)
            throw new S3Error(400, code, "The signature is missing.").Thrown();
        if (!TryReadDate(date, out DateTimeOffset at))
            throw S3Error.AccessDenied("AWS authentication requires a valid Date or x-amz-date header.").Thrown();
        if (!date[..8].SequenceEqual(day))
            throw new S3Error(400, code, $"The day of the credential, '{day}', is not that of the date '{date}'.").Thrown();
        return new SignedRequest
        {
            AccessKey = left,
            Day = day,
            Region = region,
            Service = service,
            Date = date,
            SignedAt = at,
            Headers = headers,
            Signature = signature,
            Expires = expires,
        };
    }

    /// <summary>The framework's own parser of formats takes ten times as long, which shows in small requests.</summary>
    private static bool TryReadDate(ReadOnlySpan<char> text, out DateTimeOffset at)
    {
        at = default;
        if (text.Length != "yyyyMMddTHHmmssZ".Length || text[8] != 'T' || text[15] != 'Z' || text[..8].ContainsAnyExceptInRange('0', '9') || text[9..15].ContainsAnyExceptInRange('0', '9'))
            return false;
        int year = (100 * TwoDigits(text)) + TwoDigits(text[2..]), month = TwoDigits(text[4..]), day = TwoDigits(text[6..]);
        int hour = TwoDigits(text[9..]), minute = TwoDigits(text[11..]), second = TwoDigits(text[13..]);
        if (year == 0 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
            return false;
        at = new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero);
        return true;
    }

    private static int TwoDigits(ReadOnlySpan<char> text) => (10 * (text[0] - '0')) + text[1] - '0';

    private static bool Lists(ReadOnlySpan<char> headers, string header)
    {
        foreach (Range range in headers.Split(';'))
        {
            if (headers[range].Equals(header, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <summary>What stands behind the last slash.</summary>
    private static bool TakeLast(scoped ref ReadOnlySpan<char> text, out ReadOnlySpan<char> last)
    {
        int slash = text.LastIndexOf('/');
        last = text[(slash + 1)..];
        text = text[..Math.Max(slash, 0)];
        return slash >= 0;
    }

    private static string? DateOf(string? header) =>
        DateTimeOffset.TryParse(header, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date)
            ? date.UtcDateTime.ToString(DateFormat, CultureInfo.InvariantCulture)
            : null;

    private static S3Exception Version2() =>
        S3Error.InvalidRequest($"The authorization mechanism you have provided (Signature Version 2) is not supported. Please use {SigV4.Algorithm}.").Thrown();
}
