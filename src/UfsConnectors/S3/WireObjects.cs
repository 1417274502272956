using System.Globalization;
using System.Net;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>Requests for objects that we write and sign ourselves.</summary>
/// <param name="wire">Sends them.</param>
/// <param name="options">What is said in each.</param>
/// <param name="elsewhere">
/// The SDK's way, for what Amazon answers with 307: a new bucket is in another region than its name is found at yet. The SDK knows Amazon's hosts, and signs anew only for those.
/// Null: the store is not Amazon's.
/// </param>
internal sealed class WireObjects(S3Wire wire, S3Options options, IS3Objects? elsewhere) : IS3Objects
{
    /// <summary>
    /// Contents beyond it are announced, and sent when the store wants them: one that refuses would close the connection on what it does not want to read, and its reason would be
    /// lost. Less than that is on its way before the store could say anything, and asking first costs a round trip.
    /// </summary>
    private const int MaxUnannounced = CacheLimits.MiB;

    public async Task<ObjectStatus> HeadAsync(string name, CancellationToken cancellationToken)
    {
        using HttpResponseMessage? answer = await SendAsync(new S3Request(HttpMethod.Head, name), cancellationToken).ConfigureAwait(false);
        return answer is null ? await elsewhere!.HeadAsync(name, cancellationToken).ConfigureAwait(false) : S3Answer.StatusOf(name, answer.Content.Headers.ContentLength, answer);
    }

    public async Task<ObjectBody> GetAsync(string name, string? ifMatch, long offset, long length, bool isDescribed, CancellationToken cancellationToken)
    {
        var request = new S3Request(HttpMethod.Get, name);
        request.Add("if-match", ifMatch);
        request.Add("range", string.Create(CultureInfo.InvariantCulture, $"bytes={offset}-{offset + length - 1}"));
        return await SendAsync(request, cancellationToken).ConfigureAwait(false) is { } answer
            ? S3Answer.BodyOf(answer, isDescribed ? name : null)
            : await elsewhere!.GetAsync(name, ifMatch, offset, length, isDescribed, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string?> PutAsync(
        string name, ReadOnlyMemory<byte> content, S3Condition condition, UfsAttributes? attributes, string? sha256, CancellationToken cancellationToken)
    {
        // A conditional write is not repeated when its answer is lost. Announced, it is not lost with a connection that the store closes in that moment.
        var request = new S3Request(HttpMethod.Put, name) { Content = content, Sha256 = sha256, ExpectsContinue = content.Length > MaxUnannounced || !condition.IsNone };
        S3Attributes.Set(attributes, request);
        request.Add("if-none-match", condition.IfNoneMatch);
        request.Add("if-match", condition.IfMatch);
        request.Add("x-amz-server-side-encryption", options.Encryption?.Value);
        request.Add("x-amz-server-side-encryption-aws-kms-key-id", options.KmsKey);
        using HttpResponseMessage? answer = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return answer is null
            ? await elsewhere!.PutAsync(name, content, condition, attributes, sha256, cancellationToken).ConfigureAwait(false)
            : S3Answer.TagOf(answer);
    }

    public async Task<string?> PutPartAsync(string name, string upload, int number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var request = new S3Request(HttpMethod.Put, name)
        {
            Query = string.Create(CultureInfo.InvariantCulture, $"partNumber={number}&uploadId={Uri.EscapeDataString(upload)}"),
            Content = content,
            ExpectsContinue = content.Length > MaxUnannounced,
        };
        using HttpResponseMessage? answer = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return answer is null ? await elsewhere!.PutPartAsync(name, upload, number, content, cancellationToken).ConfigureAwait(false) : S3Answer.TagOf(answer);
    }

    /// <summary>An answer that means success; null: ask elsewhere.</summary>
    /// <exception cref="StoreException">What the store says is wrong.</exception>
    private async Task<HttpResponseMessage?> SendAsync(S3Request request, CancellationToken cancellationToken)
    {
        request.Add("x-amz-request-payer", options.RequesterPays ? "requester" : null);
        HttpResponseMessage answer = await wire.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
        {
            if (answer.StatusCode == HttpStatusCode.TemporaryRedirect && elsewhere is not null)
                return null;
            throw await S3Failures.OfAsync(answer, cancellationToken).ConfigureAwait(false);
        }
    }
}
