using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orleans.Cache.Cli.Node;

/// <summary>Asks one node over its native REST interface. Every failure is a <see cref="CommandFailedException"/> with one line to show.</summary>
internal sealed class NodeClient(NodeAddress address) : IDisposable
{
    /// <summary>Entries asked for at once: a page of a listing is about 2 MB of JSON.</summary>
    private const int ListLimit = 10_000;

    // No proxy: a cache node is near, and a proxy configured for the internet does not know it.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public NodeAddress Address => address;

    /// <summary>The whole file as it comes; the caller disposes the answer.</summary>
    public Task<HttpResponseMessage> GetFileAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, address.Of("api/v1/files", path), cancellationToken);

    /// <summary>The answer's own text, for --json.</summary>
    public async Task<string> GetTextAsync(Uri uri, CancellationToken cancellationToken, HttpMethod? method = null)
    {
        using HttpResponseMessage response = await SendAsync(method ?? HttpMethod.Get, uri, cancellationToken).ConfigureAwait(false);
        try
        {
            return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw BrokeOff(e);
        }
    }

    /// <summary>An answer as a value.</summary>
    public T Read<T>(string json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new CommandFailedException(ExitCode.Unreachable, $"what answers at {address} is not a node of Orleans.Cache that this program understands.", e);
        }
    }

    /// <summary>All entries of a directory, fetched page by page.</summary>
    public async IAsyncEnumerable<Entry> ListAsync(string path, bool recursive, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            string query = $"?recursive={(recursive ? "true" : "false")}&limit={ListLimit}" + (token is null ? "" : "&token=" + Uri.EscapeDataString(token));
            string json = await GetTextAsync(address.Of("api/v1/list", path, query), cancellationToken).ConfigureAwait(false);
            Listing listing = Read(json, AnswerJson.Default.Listing);
            foreach (Entry entry in listing.Entries)
                yield return entry;
            token = listing.NextToken;
        }
        while (token is not null);
    }

    /// <summary>Asks for readiness; null where the node is ready, else why not.</summary>
    public async Task<string?> GetComplaintAsync(CancellationToken cancellationToken)
    {
        try
        {
            await GetTextAsync(address.Of("health/ready"), cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (CommandFailedException e) when (e.ExitCode == ExitCode.Refused)
        {
            return e.Message;
        }
    }

    public CommandFailedException BrokeOff(Exception cause) =>
        new(ExitCode.Unreachable, $"{address} broke off in the middle of its answer; try again.", cause);

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri uri, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            using var request = new HttpRequestMessage(method, uri);
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            string why = e.InnerException is SocketException socket ? socket.Message : e.Message;
            throw new CommandFailedException(ExitCode.Unreachable, $"no node answers at {address} ({why}); start one with ./run.sh or give --url.", e);
        }
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await RefusalAsync(response, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The node's own words where it gave some (problem+json), else the status.</summary>
    private async Task<CommandFailedException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return new CommandFailedException(ExitCode.Refused, $"{address} answered {(int)response.StatusCode} {response.ReasonPhrase}.");
        string json = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        Problem problem = Read(json, AnswerJson.Default.Problem);
        string text = problem.Detail ?? problem.Title ?? response.ReasonPhrase ?? nameof(HttpStatusCode);
        return new CommandFailedException(ExitCode.Refused, text) { Error = problem.Error };
    }
}
