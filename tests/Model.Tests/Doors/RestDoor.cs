using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Orleans.Cache.Model.Tests.Oracle;

namespace Orleans.Cache.Model.Tests.Doors;

/// <summary>The REST API over loopback connections.</summary>
/// <param name="address">Where it is served.</param>
/// <param name="server">What serves it, if that ends with the door.</param>
internal sealed class RestDoor(Uri address, IAsyncDisposable? server = null) : IFrontDoor
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };

    public RestDoor(RestServer server)
        : this(server.Address, server)
    {
    }

    public async ValueTask<Seen> StatAsync(string path)
    {
        using HttpResponseMessage response = await _client.GetAsync("/api/v1/status/" + path);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return new Seen(path, Kind.Absent, 0, null);
        JsonElement status = await JsonAsync(response);
        // Left out: for ever.
        bool isBounded = status.TryGetProperty("validForSeconds", out JsonElement valid);
        return SeenOf(status) with { Remaining = isBounded ? TimeSpan.FromSeconds(valid.GetDouble()) : TimeSpan.MaxValue };
    }

    public async ValueTask<List<Seen>> ListAsync(string directory, bool recursive)
    {
        using HttpResponseMessage response = await _client.GetAsync($"/api/v1/list/{directory}?recursive={(recursive ? "true" : "false")}");
        JsonElement listing = await JsonAsync(response);
        return [.. listing.GetProperty("entries").EnumerateArray().Select(SeenOf)];
    }

    public async ValueTask<Answer> OpenAsync(string path)
    {
        using HttpResponseMessage response = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Head, UrlOf(path)));
        return response.IsSuccessStatusCode
            ? new Answer { File = FileOf(path, response) }
            : new Answer { Error = ErrorOf(response.StatusCode) };
    }

    public ValueTask<Answer> ReadAsync(string path, int offset, Memory<byte> destination, bool lent) => GetAsync(path, offset, destination, null);

    public ValueTask<Answer> ReadAsync(OpenedFile file, int offset, Memory<byte> destination, bool lent) =>
        GetAsync(file.Path, offset, destination, file.Token);

    public async Task FreeAsync(string path, bool recursive)
    {
        using HttpResponseMessage response = await _client.PostAsync($"/api/v1/free?path=/{path}&recursive={(recursive ? "true" : "false")}", null);
        await JsonAsync(response);
    }

    public async Task<string> PutAsync(string path, byte[] content)
    {
        using HttpResponseMessage response = await _client.PutAsync(UrlOf(path), new ByteArrayContent(content));
        return (await JsonAsync(response)).GetProperty("version").GetString()!;
    }

    public async Task DeleteAsync(string path, bool recursive)
    {
        using HttpResponseMessage response = await _client.DeleteAsync($"{UrlOf(path)}?recursive={(recursive ? "true" : "false")}");
        if (!response.IsSuccessStatusCode)
            await JsonAsync(response);
    }

    public Task MoveAsync(string from, string to) => PostAsync($"/api/v1/move?from=/{from}&to=/{to}");

    public Task MakeDirectoryAsync(string path) => PostAsync($"/api/v1/mkdir?path=/{path}");

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (server is not null)
            await server.DisposeAsync();
    }

    private async Task PostAsync(string target)
    {
        using HttpResponseMessage response = await _client.PostAsync(target, null);
        await JsonAsync(response);
    }

    private static string UrlOf(string path) => "/api/v1/files/" + path;

    private async ValueTask<Answer> GetAsync(string path, int offset, Memory<byte> destination, string? version)
    {
        // No range of no bytes can be asked for.
        using var request = new HttpRequestMessage(destination.IsEmpty ? HttpMethod.Head : HttpMethod.Get, UrlOf(path));
        if (!destination.IsEmpty)
            request.Headers.Range = new RangeHeaderValue(offset, (long)offset + destination.Length - 1);
        if (version is not null)
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{version}\""));
        OpenedFile? file = null;
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                return new Answer { File = FileOf(path, response) };
            if (!response.IsSuccessStatusCode)
                return await RefusalAsync(response);
            file = FileOf(path, response);
            return new Answer { File = file, Count = destination.IsEmpty ? 0 : await BodyAsync(response, destination) };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new Answer { File = file, Error = CacheError.Changed, WasCut = true, MayBeOfReading = true };
        }
    }

    /// <summary>A body that does not have the length that was announced is not an end but a cut, and the client throws.</summary>
    private static async ValueTask<int> BodyAsync(HttpResponseMessage response, Memory<byte> destination)
    {
        Stream body = await response.Content.ReadAsStreamAsync();
        int done = 0;
        while (await body.ReadAsync(destination[done..]) is var read && read > 0)
            done += read;
        Assert.Equal(response.Content.Headers.ContentLength, done);
        return done;
    }

    private static async ValueTask<Answer> RefusalAsync(HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.PreconditionFailed)
            return new Answer { Error = CacheError.Changed, MayBeOfReading = true };
        if (response.RequestMessage!.Method == HttpMethod.Head)
            return new Answer { Error = ErrorOf(response.StatusCode) };
        try
        {
            await JsonAsync(response);
            throw new InvalidOperationException($"{response.StatusCode} is not an answer to a read.");
        }
        catch (CacheException e)
        {
            return new Answer { Error = e.Error, MayBeOfReading = true, EndedBelief = e.Error == CacheError.Changed };
        }
    }

    private static OpenedFile FileOf(string path, HttpResponseMessage response) => new(
        path,
        response.Headers.ETag!.Tag.Trim('"'),
        response.Content.Headers.ContentRange?.Length ?? response.Content.Headers.ContentLength ?? throw new InvalidOperationException("No length."));

    /// <summary>The body of a success; a problem becomes the exception that it was made of.</summary>
    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        if (response.IsSuccessStatusCode)
            return document.RootElement.Clone();
        string error = document.RootElement.GetProperty("error").GetString()!.Replace("-", "", StringComparison.Ordinal);
        throw Enum.TryParse(error, ignoreCase: true, out CacheError known)
            ? new CacheException(known, document.RootElement.GetProperty("detail").GetString()!)
            : new InvalidOperationException($"The node answered {response.StatusCode}, {error}.");
    }

    /// <summary>What a HEAD, which has no body, leaves of an error.</summary>
    private static CacheError ErrorOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound => CacheError.NotFound,
        HttpStatusCode.Conflict => CacheError.IsDirectory,
        HttpStatusCode.ServiceUnavailable => CacheError.Unavailable,
        _ => throw new InvalidOperationException($"The node answered {status}."),
    };

    private static Seen SeenOf(JsonElement entry)
    {
        bool isFile = entry.GetProperty("type").GetString() == "file";
        return new Seen(
            entry.GetProperty("path").GetString()![1..],
            isFile ? Kind.File : Kind.Directory,
            isFile ? entry.GetProperty("length").GetInt64() : 0,
            isFile ? entry.GetProperty("version").GetString() : null);
    }
}
