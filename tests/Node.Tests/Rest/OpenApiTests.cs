using System.Text.Json;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Browsing;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_openapi_document_names_every_route()
    {
        await using RestHost host = await RestHost.StartAsync();
        JsonElement document = await host.JsonAsync("/openapi/v1.json");
        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        JsonElement paths = document.GetProperty("paths");
        (string Route, string[] Methods)[] routes =
        [
            ("/api/v1/files/{path}", ["delete", "get", "head", "put"]), ("/api/v1/status/{path}", ["get"]), ("/api/v1/list/{path}", ["get"]),
            ("/api/v1/cluster", ["get"]), ("/api/v1/mounts", ["get"]), ("/api/v1/mounts/{path}", ["delete", "put"]), ("/api/v1/cache", ["get"]), ("/api/v1/free", ["post"]),
            ("/api/v1/mkdir", ["post"]), ("/api/v1/move", ["post"]), ("/api/v1/copy", ["post"]),
            ("/api/v1/load", ["delete", "get", "post"]),
            ("/api/v1/explain/{path}", ["get"]), ("/api/v1/source/{path}", ["get"]), ("/api/v1/top", ["get"]), ("/api/v1/config", ["get"]), ("/api/v1/log", ["get"]),
            ("/health/live", ["get"]), ("/health/ready", ["get"]), ("/metrics", ["get"]),
        ];
        Assert.Equal(routes.Select(r => r.Route).Order(), paths.EnumerateObject().Select(p => p.Name).Order());
        foreach ((string route, string[] methods) in routes)
            Assert.Equal(methods, paths.GetProperty(route).EnumerateObject().Select(m => m.Name).Order());
        JsonElement[] parameters = [.. paths.GetProperty("/api/v1/list/{path}").GetProperty("get").GetProperty("parameters").EnumerateArray()];
        Assert.Equal(["path", "limit", "startAfter", "token", "recursive"], parameters.Select(p => p.GetProperty("name").GetString()));
        Assert.True(parameters[0].GetProperty("required").GetBoolean());
    }

    [Fact]
    public async Task Bodies_of_files_are_bytes_and_those_of_listings_have_a_schema()
    {
        await using RestHost host = await RestHost.StartAsync();
        JsonElement document = await host.JsonAsync("/openapi/v1.json");
        JsonElement file = document.GetProperty("paths").GetProperty("/api/v1/files/{path}").GetProperty("get").GetProperty("responses");
        foreach (string status in new[] { "200", "206" })
            Assert.Equal("binary", Resolve(document, Schema(file, status, "application/octet-stream")).GetProperty("format").GetString());
        Assert.True(file.TryGetProperty("304", out _));
        foreach (string status in new[] { "404", "409", "412", "416" })
            Schema(file, status, "application/problem+json");

        JsonElement list = document.GetProperty("paths").GetProperty("/api/v1/list/{path}").GetProperty("get").GetProperty("responses");
        JsonElement body = Resolve(document, Schema(list, "200", "application/json"));
        Assert.Equal(["entries", "nextToken", "path"], Names(body));
        JsonElement entry = Resolve(document, body.GetProperty("properties").GetProperty("entries").GetProperty("items"));
        Assert.Equal(["lastModified", "length", "path", "type", "version"], Names(entry));
    }

    /// <summary>The listing is written by hand; the reader refuses members that its schema lacks, and lacks of members that it requires.</summary>
    [Fact]
    public async Task A_listing_is_what_its_schema_says()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("a/x", [1]);
        await host.PutAsync("b", [1, 2]);
        ListBody first = (await host.JsonAsync("/api/v1/list/data?limit=1")).Deserialize<ListBody>(RestJson.Options)!;
        ListBody last = (await host.JsonAsync("/api/v1/list/data?limit=1&token=" + first.NextToken)).Deserialize<ListBody>(RestJson.Options)!;
        Assert.Equal(new EntryBody("/data/a", "directory", host.Time.GetUtcNow()), Assert.Single(first.Entries));
        Assert.Equal(new EntryBody("/data/b", "file", host.Time.GetUtcNow(), 2, "v2"), Assert.Single(last.Entries));
        Assert.Null(last.NextToken);
    }

    private static JsonElement Schema(JsonElement responses, string status, string type) =>
        responses.GetProperty(status).GetProperty("content").GetProperty(type).GetProperty("schema");

    private static JsonElement Resolve(JsonElement document, JsonElement schema) =>
        schema.TryGetProperty("$ref", out JsonElement reference)
            ? reference.GetString()!.Split('/')[1..].Aggregate(document, (at, name) => at.GetProperty(name))
            : schema;

    private static IEnumerable<string> Names(JsonElement schema) => schema.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order();
}
