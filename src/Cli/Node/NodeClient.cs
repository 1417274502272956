using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orleans.Cache.Cli.Node;

/// <summary>What a node answered: its own text, for --json, and what it means.</summary>
internal sealed record Answer<T>(string Json, T Value);

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

    /// <summary>An answer as text and as a value; what is no answer of a node is refused.</summary>
    public async Task<Answer<T>> AskAsync<T>(Uri uri, JsonTypeInfo<T> type, CancellationToken cancellationToken, HttpMethod? method = null)
    {
        string json = await GetTextAsync(uri, cancellationToken, method).ConfigureAwait(false);
        return new Answer<T>(json, Read(json, type));
    }

    /// <summary>The same, of a request that carries something.</summary>
    public async Task<Answer<T>> AskAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        string json = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
        return new Answer<T>(json, Read(json, type));
    }

    /// <summary>Bytes of a file as they come, whole or a range, of any version or only of one; the caller disposes the answer.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="range">Which bytes; null for all.</param>
    /// <param name="version">Refuses (precondition-failed) where the file has another version.</param>
    public Task<HttpResponseMessage> GetFileAsync(string path, CancellationToken cancellationToken, RangeHeaderValue? range = null, string? version = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address.Of("api/v1/files", path));
        request.Headers.Range = range;
        if (version is not null)
            request.Headers.TryAddWithoutValidation("If-Match", Quoted(version));
        return SendAsync(request, cancellationToken);
    }

    /// <summary>Writes a file; what can be refused is refused before its bytes travel.</summary>
    public async Task<Answer<Entry>> PutFileAsync(string path, HttpContent content, WriteDemand demand, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, address.Of("api/v1/files", path)) { Content = content };
        request.Headers.ExpectContinue = true;
        if (demand.IsAbsent)
            request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        if (demand.Version is { } version)
            request.Headers.TryAddWithoutValidation("If-Match", Quoted(version));
        return await AskAsync(request, AnswerJson.Default.Entry, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The answer's own text.</summary>
    public async Task<string> GetTextAsync(Uri uri, CancellationToken cancellationToken, HttpMethod? method = null)
    {
        using HttpResponseMessage response = await SendAsync(new HttpRequestMessage(method ?? HttpMethod.Get, uri), cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What a path is, or null where nothing is there.</summary>
    public async Task<Entry?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await StatAsync(path, cancellationToken).ConfigureAwait(false)).Value;
        }
        catch (CommandFailedException e) when (e.Error == "not-found")
        {
            return null;
        }
    }

    public Task<Answer<Entry>> StatAsync(string path, CancellationToken cancellationToken) =>
        AskAsync(address.Of("api/v1/status", path), AnswerJson.Default.Entry, cancellationToken);

    /// <summary>All entries of a directory, fetched page by page.</summary>
    public async IAsyncEnumerable<Entry> ListAsync(string path, bool recursive, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            string query = $"?recursive={(recursive ? "true" : "false")}&limit={ListLimit}" + (token is null ? "" : "&token=" + Uri.EscapeDataString(token));
            Answer<Listing> listing = await AskAsync(address.Of("api/v1/list", path, query), AnswerJson.Default.Listing, cancellationToken).ConfigureAwait(false);
            foreach (Entry entry in listing.Value.Entries)
                yield return entry;
            token = listing.Value.NextToken;
        }
        while (token is not null);
    }

    /// <summary>The first entries of a directory.</summary>
    public async Task<Listing> ListPageAsync(string path, int limit, CancellationToken cancellationToken) =>
        (await AskAsync(address.Of("api/v1/list", path, $"?limit={limit}"), AnswerJson.Default.Listing, cancellationToken).ConfigureAwait(false)).Value;

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

    /// <summary>Sends a request and gives its answer as soon as the headers are there.</summary>
    /// <exception cref="CommandFailedException">No node, or it refused.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            using (request)
                response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        // A SocketException of its own: the other side reset between the connection and HttpClient's first look at it.
        catch (Exception e) when (e is SocketException or HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
        })
        {
            string why = e.InnerException is SocketException socket ? socket.Message : e.Message;
            throw new CommandFailedException(ExitCode.Unreachable, $"no node answers at {address} ({why}); start one with ./run.sh or give --url.", e);
        }
        catch (HttpRequestException e)
        {
            throw e.InnerException as CommandFailedException ?? BrokeOff(e);
        }
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await RefusalAsync(response, cancellationToken).ConfigureAwait(false);
    }

    public CommandFailedException BrokeOff(Exception cause) =>
        new(ExitCode.Unreachable, $"{address} broke off in the middle of its answer; try again.", cause);

    public void Dispose() => _http.Dispose();

    private static string Quoted(string version) => $"\"{version}\"";

    private T Read<T>(string json, JsonTypeInfo<T> type)
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

    private async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw BrokeOff(e);
        }
    }

    /// <summary>The node's own words where it gave some (problem+json), else the status.</summary>
    private async Task<CommandFailedException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return new CommandFailedException(ExitCode.Refused, $"{address} answered {(int)response.StatusCode} {response.ReasonPhrase}.");
        Problem problem = Read(await ReadAsync(response, cancellationToken).ConfigureAwait(false), AnswerJson.Default.Problem);
        string text = problem.Detail ?? problem.Title ?? response.ReasonPhrase ?? nameof(HttpStatusCode);
        return new CommandFailedException(ExitCode.Refused, text) { Error = problem.Error };
    }
}
