using System.Net;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.Writing;

namespace Orleans.Cache.UfsConnectors.AzureBlob;

/// <summary>
/// Hands bodies on such that the SDK does not repair them: where one breaks off it would ask for the rest by itself, and take an answer of another
/// version for it if a store or proxy between ignored the condition. What is missing is asked for, compared and counted by <see cref="ObjectReader"/>.
/// </summary>
internal sealed class PlainBodies : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        // The SDK reads an error's body, and what announces one without having it (the answer to a HEAD) hides the status.
        if (request.Method == HttpMethod.Head && !answer.IsSuccessStatusCode)
            answer.Content.Headers.ContentType = null;
        if (request.Method == HttpMethod.Get && answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
        {
            HttpContent inner = answer.Content;
            var body = new PlainBody(await inner.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
            OpenBody.Take(body);
            answer.Content = new StreamContent(body);
            foreach ((string name, IEnumerable<string> values) in inner.Headers)
                answer.Content.Headers.TryAddWithoutValidation(name, values);
        }
        return answer;
    }

    /// <summary>Its failures are of a type that the SDK does not know as one to repeat after.</summary>
    private sealed class PlainBody(Stream inner) : ForwardStream
    {
        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw new StoreException(StoreFailure.Broken, "the answer broke off", e);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
