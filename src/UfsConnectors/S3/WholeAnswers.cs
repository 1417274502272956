namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>
/// Receives answers that the SDK parses before it sees them. It reads XML from the connection synchronously, and a node completes socket operations on the
/// thread that polls the sockets: where the body came in a later segment than the headers, that thread waited for bytes that only it could have received,
/// until the request was given up.
/// </summary>
internal sealed class WholeAnswers : DelegatingHandler
{
    /// <summary>A page of a listing, 1000 names of 1 KiB escaped as %XX and in XML, is a quarter of it.</summary>
    private const int MaxBytes = 16 * CacheLimits.MiB;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        // Bytes of an object stream to whoever asked for them; no other answer to a GET has an ETag.
        bool isObject = request.Method == HttpMethod.Get && answer.IsSuccessStatusCode && answer.Headers.NonValidated.Contains("ETag");
        // The answer to a HEAD has the length of an object and no body.
        if (isObject || request.Method == HttpMethod.Head)
            return answer;
        try
        {
            await answer.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken).ConfigureAwait(false);
            return answer;
        }
        catch (Exception e) when (!answer.IsSuccessStatusCode && (e is HttpRequestException or IOException))
        {
            // The status came, and says what is the matter; the text would have said it in more words.
            answer.Content = new ByteArrayContent([]);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }
}
