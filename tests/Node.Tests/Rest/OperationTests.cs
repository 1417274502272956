using System.Net;
using System.Text;
using System.Text.Json;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class OperationTests
{
    private static readonly byte[] Content = RangeAnswerTests.Bytes(2 * RestHost.PageSize + 1);

    [Fact]
    public async Task Status_says_what_a_file_is_and_how_much_of_it_is_cached()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("a/f", Content);
        JsonElement cold = await host.JsonAsync("/api/v1/status/data/a/f");
        Assert.Equal("/data/a/f", cold.GetProperty("path").GetString());
        Assert.Equal("file", cold.GetProperty("type").GetString());
        Assert.Equal(Content.Length, cold.GetProperty("length").GetInt64());
        Assert.Equal("v1", cold.GetProperty("version").GetString());
        Assert.Equal(new DateTimeOffset(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero), cold.GetProperty("lastModified").GetDateTimeOffset());
        Assert.Equal(0, cold.GetProperty("cachedBytes").GetInt64());
        Assert.Equal(RestHost.PageSize, cold.GetProperty("pageSize").GetInt32());
        Assert.Equal(3, cold.GetProperty("pages").GetInt64());
        Assert.Equal("/data", cold.GetProperty("mount").GetString());
        Assert.Equal(60, cold.GetProperty("validForSeconds").GetDouble());

        // A small read goes past the cache the first time.
        for (int time = 0; time < 2; time++)
        {
            using HttpResponseMessage page = await host.GetAsync("/api/v1/files/data/a/f", ("Range", $"bytes=0-{RestHost.PageSize - 1}"));
            await page.Content.ReadAsByteArrayAsync();
        }
        await host.SettledAsync();
        JsonElement warm = await host.JsonAsync("/api/v1/status/data/a/f");
        Assert.Equal(RestHost.PageSize, warm.GetProperty("cachedBytes").GetInt64());
        Assert.Equal(50, warm.GetProperty("cachedPercent").GetDouble());
    }

    [Fact]
    public async Task Status_of_directories_and_of_nothing()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("a/f", Content);
        JsonElement directory = await host.JsonAsync("/api/v1/status/data/a");
        Assert.Equal("directory", directory.GetProperty("type").GetString());
        Assert.False(directory.TryGetProperty("length", out _));
        JsonElement leads = await host.JsonAsync("/api/v1/status/deep");
        Assert.False(leads.TryGetProperty("mount", out _));
        Assert.Equal(60, leads.GetProperty("validForSeconds").GetDouble());
        using HttpResponseMessage nothing = await host.GetAsync("/api/v1/status/data/none");
        await RestHost.ProblemAsync(nothing, 404, "not-found");
    }

    [Fact]
    public async Task Mounts_name_what_serves_what()
    {
        await using RestHost host = await RestHost.StartAsync();
        JsonElement table = await host.JsonAsync("/api/v1/mounts");
        Assert.Equal(7, table.GetProperty("version").GetInt64());
        Assert.Equal(
            $$"""[{"path":"/data","ufs":"{{host.Data.Identity}}","uri":"{{host.Data.Identity}}","freshness":"bounded(60s)","writable":false,"origin":"configured","state":"ok","cachedBytes":0},{"path":"/deep/er","ufs":"{{host.Deep.Identity}}","uri":"{{host.Deep.Identity}}","freshness":"strict","writable":false,"origin":"configured","state":"ok","cachedBytes":0}]""",
            table.GetProperty("mounts").GetRawText());
    }

    [Fact]
    public async Task Cache_counts_what_happened()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Content);
        foreach (int _ in new[] { 1, 2 })
        {
            Assert.Equal(Content, await host.Client.GetByteArrayAsync("/api/v1/files/data/f"));
            await host.SettledAsync();
        }
        host.Time.Advance(TimeSpan.FromSeconds(90));
        JsonElement cache = await host.JsonAsync("/api/v1/cache");
        Assert.Equal("memory", cache.GetProperty("node").GetString());
        Assert.Equal("ready", cache.GetProperty("state").GetString());
        Assert.Equal(90, cache.GetProperty("uptimeSeconds").GetDouble());
        Assert.Equal((1, 3), (cache.GetProperty("misses").GetInt64(), cache.GetProperty("pagesFilled").GetInt64()));
        Assert.True(cache.GetProperty("hits").GetInt64() >= 1);
        Assert.True(cache.GetProperty("bytesFromCache").GetInt64() >= Content.Length);
        Assert.Equal(Content.Length, cache.GetProperty("bytesFromUnderStorage").GetInt64());
        foreach (string name in new[] { "bypasses", "ufsReads", "pagesFilled", "ufsStats", "ufsErrors", "statusHits", "fillsRejected" })
            Assert.True(cache.GetProperty(name).GetInt64() >= 0);
        JsonElement store = Assert.Single(cache.GetProperty("stores").EnumerateArray());
        Assert.Equal(3, store.GetProperty("pages").GetInt64());
        Assert.InRange(store.GetProperty("used").GetInt64(), Content.Length, 2 * Content.Length);
        Assert.False(store.TryGetProperty("outOfService", out _));
        foreach (string name in new[] { "capacity", "files", "evictions", "healed", "scrubbed", "scrubPasses", "indexBytes" })
            Assert.True(store.GetProperty(name).GetInt64() >= 0);
    }

    [Theory]
    [InlineData("?path=/data/a&recursive=true", null, 2, 4)]
    [InlineData("?path=%2Fdata%2Fa%2Fx+y&recursive=false", null, 1, 3)]
    [InlineData("", """{"path":"/data/a","recursive":true}""", 2, 4)]
    [InlineData("", """{"path":"/data/b"}""", 1, 1)]
    public async Task Free_drops_what_it_is_told(string query, string? body, int files, int pages)
    {
        await using RestHost host = await RestHost.StartAsync();
        foreach ((string key, byte[] content) in new[] { ("a/x y", Content), ("a/z", Content[..5]), ("b", Content[..7]) })
        {
            await host.PutAsync(key, content);
            await host.Client.GetByteArrayAsync("/api/v1/files/data/" + key);
        }
        await host.SettledAsync();
        using HttpContent? json = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Client.PostAsync("/api/v1/free" + query, json);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonElement freed = await RestHost.ReadJsonAsync(response);
        Assert.Equal((files, pages), (freed.GetProperty("freedFiles").GetInt32(), freed.GetProperty("freedPages").GetInt32()));
        Assert.Equal(5 - pages, Assert.Single((await host.JsonAsync("/api/v1/cache")).GetProperty("stores").EnumerateArray()).GetProperty("pages").GetInt32());
    }

    [Theory]
    [InlineData("", null, 400, "invalid-argument")]
    [InlineData("", "{", 400, "invalid-argument")]
    [InlineData("", "null", 400, "invalid-argument")]
    [InlineData("", "{}", 400, "invalid-argument")]
    [InlineData("", """{"path":null}""", 400, "invalid-argument")]
    [InlineData("", """{"path":"/data","recursiv":true}""", 400, "invalid-argument")]
    [InlineData("?path=/data/../x", null, 400, "invalid-path")]
    [InlineData("?path=%FF", null, 400, "invalid-path")]
    [InlineData("?path=/data%00", null, 400, "invalid-path")]
    [InlineData("?path=", null, 400, "invalid-path")]
    [InlineData("?path=/data&recursive=1", null, 400, "invalid-argument")]
    [InlineData("?path=/nowhere", null, 404, "not-found")]
    [InlineData("?path=/data/a", null, 409, "is-directory")]
    [InlineData("", """{"path":"/data/a","recursive":false}""", 409, "is-directory")]
    [InlineData("?path=/deep", null, 409, "is-directory")]
    public async Task Free_refuses_what_it_does_not_understand(string query, string? body, int status, string error)
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("a/f", Content);
        using HttpContent? json = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Client.PostAsync("/api/v1/free" + query, json);
        await RestHost.ProblemAsync(response, status, error);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_413()
    {
        await using RestHost host = await RestHost.StartAsync();
        using var json = new StringContent($$"""{"path":"{{new string('x', 70_000)}}"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Client.PostAsync("/api/v1/free", json);
        await RestHost.ProblemAsync(response, 413, "bad-request");
    }
}
