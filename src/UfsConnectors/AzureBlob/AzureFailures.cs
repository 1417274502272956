using System.Globalization;
using Azure;
using Azure.Identity;
using Orleans.Cache.UfsConnectors.ObjectStores;

namespace Orleans.Cache.UfsConnectors.AzureBlob;

/// <summary>What the SDK throws, as what it means. The texts name statuses and codes of the store, never a header or a signature.</summary>
internal static class AzureFailures
{
    public static async Task<T> TranslateAsync<T>(Task<T> request)
    {
        try
        {
            return await request.ConfigureAwait(false);
        }
        catch (RequestFailedException e)
        {
            throw Of(e);
        }
        catch (AuthenticationFailedException e)
        {
            throw new StoreException(StoreFailure.Denied, "no credentials were found, or they were refused", e);
        }
        catch (Exception e) when (e is AggregateException || TransportFailures.Is(e))
        {
            throw TransportFailures.Translate(e);
        }
    }

    private static StoreException Of(RequestFailedException e) => new(
        Kind(e.Status, e.ErrorCode ?? ""),
        e.Status == 0 ? TransportFailures.Reason(e) : string.Create(CultureInfo.InvariantCulture, $"{e.Status} {e.ErrorCode}").TrimEnd(),
        e)
    {
        RetryAfter = TransportFailures.RetryAfter(e.GetRawResponse()?.Headers.TryGetValue("Retry-After", out string? text) == true ? text : null),
    };

    private static StoreFailure Kind(int status, string code) => (status, code) switch
    {
        (_, "ContainerNotFound" or "ContainerBeingDeleted" or "AccountIsDisabled") => StoreFailure.NoBucket,
        (_, "ServerBusy" or "SlowDown" or "TooManyRequests") or (429 or 503, _) => StoreFailure.Throttled,
        // What a put that demands absence is answered.
        (_, "BlobAlreadyExists") or (412 or 304, _) => StoreFailure.ConditionFailed,
        (404, _) => StoreFailure.NotFound,
        (416, _) => StoreFailure.OutOfRange,
        (401 or 403, _) => StoreFailure.Denied,
        (0 or >= 500 or 408 or < 300, _) => StoreFailure.Broken,
        _ => StoreFailure.Refused,
    };
}
