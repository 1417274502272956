using System.Globalization;
using System.Net;
using System.Xml;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Orleans.Cache.UfsConnectors.ObjectStores;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>What a store answers and the SDK throws, as what it means. The texts name statuses and codes of the store, never a header or a key's secret.</summary>
internal static class S3Failures
{
    /// <summary>S3's own are some hundred bytes; of others' pages this is enough to know that no code stands in them.</summary>
    private const int MaxErrorBytes = 64 * CacheLimits.KiB;

    private static readonly string[] CredentialWords = ["credentials", "profile", "AssumeRole", "WebIdentityTokenFile"];

    public static async Task<T> TranslateAsync<T>(Task<T> request)
    {
        try
        {
            return await request.ConfigureAwait(false);
        }
        catch (AmazonServiceException e)
        {
            throw Of(e);
        }
        catch (Exception e) when (IsOfCredentials(e))
        {
            throw new StoreException(KindOfCredentials(e), CredentialsText(e), e);
        }
        catch (AmazonClientException e)
        {
            throw new StoreException(StoreFailure.Broken, "an answer that is not S3's", e);
        }
        catch (Exception e) when (TransportFailures.Is(e))
        {
            throw TransportFailures.Translate(e);
        }
    }

    /// <summary>What an answer that is no success means; its body says more than its status, if it comes.</summary>
    public static async Task<StoreException> OfAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        string code = "";
        try
        {
            // The answer to a HEAD announces a body and has none.
            if (answer.RequestMessage?.Method != HttpMethod.Head)
            {
                await answer.Content.LoadIntoBufferAsync(MaxErrorBytes, cancellationToken).ConfigureAwait(false);
                using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                code = CodeIn(body);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or XmlException)
        {
            // The status came, and says what is the matter.
        }
        if (code == answer.StatusCode.ToString())
            code = "";
        return new StoreException(Kind(answer.StatusCode, code), Text(answer.StatusCode, code))
        {
            RetryAfter = TransportFailures.RetryAfter(S3Answer.Header(answer.Headers, "Retry-After")),
        };
    }

    /// <summary>What the SDK throws where it looks for credentials is of many types, and only its text tells it from what stores and lines do.</summary>
    private static bool IsOfCredentials(Exception e) =>
        e is ProcessAWSCredentialException
        || (e is AmazonClientException or InvalidOperationException or InvalidDataException
        && CredentialWords.Any(word => e.Message.Contains(word, StringComparison.OrdinalIgnoreCase)));

    /// <summary>A token service that does not answer, or not now, may do so the next time; a profile or a file that is not there will not be.</summary>
    private static StoreFailure KindOfCredentials(Exception e) => e.InnerException switch
    {
        AmazonServiceException answered when Kind(answered.StatusCode, answered.ErrorCode ?? "") is StoreFailure.Broken or StoreFailure.Throttled => StoreFailure.Broken,
        AmazonServiceException => StoreFailure.Denied,
        OperationCanceledException => StoreFailure.Broken,
        not (FileNotFoundException or DirectoryNotFoundException) and { } inner when TransportFailures.Is(inner) => StoreFailure.Broken,
        _ => StoreFailure.Denied,
    };

    /// <summary>What was looked for, and why it is not there. Names profiles, files and roles, no keys.</summary>
    private static string CredentialsText(Exception e)
    {
        // Its message holds what the process wrote, which may be anything.
        if (e is ProcessAWSCredentialException)
            return "no credentials: the profile's credential_process failed";
        string what = e.Message.Split('\n')[0].Split(". ")[0].TrimEnd('.', '\r');
        string why = e.InnerException is AmazonServiceException { StatusCode: not 0 } answered ? Text(answered.StatusCode, answered.ErrorCode) : TransportFailures.Reason(e);
        return e.InnerException is null ? $"no credentials: {what}" : $"no credentials: {what} ({why})";
    }

    private static StoreException Of(AmazonServiceException e)
    {
        string code = e.ErrorCode is { Length: > 0 } given && given != e.StatusCode.ToString() ? given : "";
        string text = (int)e.StatusCode == 0 ? TransportFailures.Reason(e) : Text(e.StatusCode, code);
        return new StoreException(Kind(e.StatusCode, code), text, e)
        {
            RetryAfter = TransportFailures.RetryAfter((e.InnerException as HttpErrorResponseException)?.Response?.GetHeaderValue("Retry-After")),
        };
    }

    /// <summary>The code where it says more than the status does.</summary>
    private static string Text(HttpStatusCode status, string code) => string.Create(CultureInfo.InvariantCulture, $"{(int)status} {code}").TrimEnd();

    /// <summary>Empty: it says none.</summary>
    private static string CodeIn(Stream body)
    {
        using var xml = XmlReader.Create(body);
        while (xml.Read())
        {
            if (xml is { NodeType: XmlNodeType.Element, LocalName: "Code" })
                return xml.ReadElementContentAsString();
        }
        return "";
    }

    private static StoreFailure Kind(HttpStatusCode status, string code) => (status, code) switch
    {
        (_, "NoSuchBucket") => StoreFailure.NoBucket,
        // Another write of this key is under way: this one was not done.
        (_, "SlowDown" or "ServiceUnavailable" or "Throttling" or "RequestLimitExceeded" or "TooManyRequests" or "ConditionalRequestConflict") => StoreFailure.Throttled,
        (_, "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired") => StoreFailure.Denied,
        // The body did not come in time, or not as it was sent.
        (_, "RequestTimeout" or "XAmzContentSHA256Mismatch" or "BadDigest" or "InternalError") => StoreFailure.Broken,
        (HttpStatusCode.NotFound, _) => StoreFailure.NotFound,
        (HttpStatusCode.PreconditionFailed, _) => StoreFailure.ConditionFailed,
        (HttpStatusCode.RequestedRangeNotSatisfiable, _) => StoreFailure.OutOfRange,
        (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized, _) => StoreFailure.Denied,
        (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, _) => StoreFailure.Throttled,
        // A request, or a header of it, that the store does not know: not done, however often it is sent.
        (HttpStatusCode.NotImplemented, _) => StoreFailure.Refused,
        ( >= HttpStatusCode.InternalServerError or 0, _) => StoreFailure.Broken,
        ( >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous, _) => StoreFailure.Broken,
        _ => StoreFailure.Refused,
    };
}
