using System.Globalization;
using System.Runtime.InteropServices;
using Orleans.Cache.UfsConnectors.ObjectStores;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>
/// Signs requests and sends them, once each. As the SDK does it, in a third of its time: everything that is set is signed, over TLS too the hash of the content among it.
/// </summary>
/// <param name="http">Connections, shared with the SDK's client; not disposed of.</param>
/// <param name="endpoint">Where.</param>
/// <param name="credentials">Who.</param>
/// <param name="time">Dates the requests.</param>
internal sealed class S3Wire(HttpMessageInvoker http, S3Endpoint endpoint, S3Credentials credentials, TimeProvider time)
{
    private const string DateFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>The answer, once its headers are there, whatever its status is. Its body is left to who reads it.</summary>
    public async Task<HttpResponseMessage> SendAsync(S3Request request, CancellationToken cancellationToken)
    {
        using HttpRequestMessage message = await MessageOfAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            return await http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            // Nobody took the connection in time.
            throw TransportFailures.Translate(e);
        }
    }

    private async ValueTask<HttpRequestMessage> MessageOfAsync(S3Request request, CancellationToken cancellationToken)
    {
        string path = endpoint.PathOf(request.Name);
        await SignAsync(request, path, cancellationToken).ConfigureAwait(false);
        var message = new HttpRequestMessage(request.Method, endpoint.UriOf(path, request.Query));
        if (request.Content is { } content)
        {
            // Written to the connection from where it lies.
            message.Content = new ReadOnlyMemoryContent(content);
            if (request.ExpectsContinue)
                message.Headers.ExpectContinue = true;
        }
        message.Headers.TryAddWithoutValidation("user-agent", "Orleans.Cache");
        foreach ((string name, string value) in request.Headers)
        {
            // The content has its length already, and says it.
            if (name == "content-length" || message.Headers.TryAddWithoutValidation(name, value) || message.Content?.Headers.TryAddWithoutValidation(name, value) == true)
                continue;
            message.Dispose();
            throw new StoreException(StoreFailure.Refused, $"'{name}' is no header that HTTP has");
        }
        return message;
    }

    /// <summary>Adds what signing needs, and the signature; nothing where nobody signs.</summary>
    private async ValueTask SignAsync(S3Request request, string path, CancellationToken cancellationToken)
    {
        string date = time.GetUtcNow().UtcDateTime.ToString(DateFormat, CultureInfo.InvariantCulture);
        if (await credentials.KeyAsync(date[..8], cancellationToken).ConfigureAwait(false) is not { } key)
            return;
        string hash = request.Content is { Length: > 0 } content ? request.Sha256 ?? S3Signer.HashOf(content.Span) : S3Signer.EmptyHash;
        request.Add("host", endpoint.Host);
        request.Add("x-amz-content-sha256", hash);
        request.Add("x-amz-date", date);
        request.Add("x-amz-security-token", key.Token);
        if (request.Content is { } body)
            request.Add("content-length", body.Length.ToString(CultureInfo.InvariantCulture));
        request.Headers.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        request.Add("authorization", S3Signer.Authorization(
            key, date, request.Method.Method, path, request.Query, CollectionsMarshal.AsSpan(request.Headers), hash));
    }
}
