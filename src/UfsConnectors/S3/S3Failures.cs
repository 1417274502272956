using System.Globalization;
using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Orleans.Cache.UfsConnectors.ObjectStores;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>What the SDK throws, as what it means. The texts name statuses and codes of the store, never a header or a key's secret.</summary>
internal static class S3Failures
{
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
        catch (AmazonClientException e)
        {
            // Answers that cannot be parsed, and credentials that cannot be found.
            bool isCredentials = e.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase);
            throw new StoreException(
                isCredentials ? StoreFailure.Denied : StoreFailure.Broken, isCredentials ? "no credentials were found" : "an answer that is not S3's", e);
        }
        catch (Exception e) when (TransportFailures.Is(e))
        {
            throw TransportFailures.Translate(e);
        }
    }

    private static StoreException Of(AmazonServiceException e)
    {
        string code = e.ErrorCode is { Length: > 0 } given && given != e.StatusCode.ToString() ? given : "";
        StoreFailure failure = Kind(e.StatusCode, code);
        string text = (int)e.StatusCode == 0
            ? TransportFailures.Reason(e)
            : string.Create(CultureInfo.InvariantCulture, $"{(int)e.StatusCode} {code}").TrimEnd();
        return new StoreException(failure, text, e) { RetryAfter = TransportFailures.RetryAfter((e.InnerException as HttpErrorResponseException)?.Response?.GetHeaderValue("Retry-After")) };
    }

    private static StoreFailure Kind(HttpStatusCode status, string code) => (status, code) switch
    {
        (_, "NoSuchBucket") => StoreFailure.NoBucket,
        // Another write of this key is under way: this one was not done.
        (_, "SlowDown" or "ServiceUnavailable" or "Throttling" or "RequestLimitExceeded" or "TooManyRequests" or "ConditionalRequestConflict") => StoreFailure.Throttled,
        (_, "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired") => StoreFailure.Denied,
        // The body did not come in time: not done either.
        (_, "RequestTimeout" or "InternalError") => StoreFailure.Broken,
        (HttpStatusCode.NotFound, _) => StoreFailure.NotFound,
        (HttpStatusCode.PreconditionFailed, _) => StoreFailure.ConditionFailed,
        (HttpStatusCode.RequestedRangeNotSatisfiable, _) => StoreFailure.OutOfRange,
        (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized, _) => StoreFailure.Denied,
        (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, _) => StoreFailure.Throttled,
        ( >= HttpStatusCode.InternalServerError or 0, _) => StoreFailure.Broken,
        ( >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous, _) => StoreFailure.Broken,
        _ => StoreFailure.Refused,
    };
}
