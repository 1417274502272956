using System.Text.Json;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class ListingTests
{
    [Theory]
    [InlineData("", false, 7)]
    [InlineData("", true, 7)]
    [InlineData("", true, 1)]
    [InlineData("", true, 10_000)]
    [InlineData("/d3", false, 3)]
    public async Task Pages_together_hold_every_entry_once(string below, bool recursive, int limit)
    {
        await using RestHost host = await RestHost.StartAsync();
        var all = new SortedSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < 40; i++)
        {
            string key = $"d{i % 5}/s {i % 3}/\u00e9+%{i:D3}";
            await host.PutAsync(key, new byte[i]);
            for (int slash = 0; slash >= 0; slash = key.IndexOf('/', slash + 1))
                all.Add("/data" + (slash == 0 ? "/" + key : "/" + key[..slash]));
        }
        string[] expected = [.. all.Where(p => p.StartsWith($"/data{below}/", StringComparison.Ordinal)
            && (recursive || !p[$"/data{below}/".Length..].Contains('/', StringComparison.Ordinal)))];

        var seen = new List<string>();
        string? token = null;
        do
        {
            JsonElement page = await host.JsonAsync($"/api/v1/list/data{below}?limit={limit}&recursive={(recursive ? "true" : "false")}{(token is null ? "" : "&token=" + token)}");
            string[] entries = [.. page.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("path").GetString()!)];
            Assert.InRange(entries.Length, 1, limit);
            seen.AddRange(entries);
            token = page.TryGetProperty("nextToken", out JsonElement next) ? next.GetString() : null;
        }
        while (token is not null);
        Assert.Equal(expected, seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_entry_says_what_it_is()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("dir/x", [1, 2, 3]);
        await host.PutAsync("file", [1, 2]);
        JsonElement page = await host.JsonAsync("/api/v1/list/data");
        Assert.Equal("/data", page.GetProperty("path").GetString());
        JsonElement[] entries = [.. page.GetProperty("entries").EnumerateArray()];
        Assert.Equal("directory", entries[0].GetProperty("type").GetString());
        Assert.False(entries[0].TryGetProperty("length", out _));
        Assert.Equal(2, entries[1].GetProperty("length").GetInt64());
        Assert.Equal("v2", entries[1].GetProperty("version").GetString());
        Assert.Equal(2026, entries[1].GetProperty("lastModified").GetDateTimeOffset().Year);
    }

    [Fact]
    public async Task The_root_lists_what_leads_to_mounts()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("x", [1], host.Deep);
        Assert.Equal(["/data", "/deep"], Paths(await host.JsonAsync("/api/v1/list/")));
        Assert.Equal(["/data", "/deep", "/deep/er", "/deep/er/x"], Paths(await host.JsonAsync("/api/v1/list?recursive")));
        Assert.Equal(["/deep"], Paths(await host.JsonAsync("/api/v1/list?startAfter=data")));
    }

    [Fact]
    public async Task A_listing_larger_than_every_buffer_arrives_whole()
    {
        await using RestHost host = await RestHost.StartAsync();
        for (int i = 0; i < 3000; i++)
            await host.PutAsync($"{i:D5}-{new string('n', 200)}", []);
        JsonElement page = await host.JsonAsync("/api/v1/list/data?limit=3000");
        Assert.Equal(3000, page.GetProperty("entries").GetArrayLength());
        Assert.False(page.TryGetProperty("nextToken", out _));
    }

    [Theory]
    [InlineData("/api/v1/list/data?limit=0", 400, "invalid-argument", "limit '0'")]
    [InlineData("/api/v1/list/data?limit=10001", 400, "invalid-argument", "10000")]
    [InlineData("/api/v1/list/data?limit=many", 400, "invalid-argument", "'many'")]
    [InlineData("/api/v1/list/data?limit=1&limit=2", 400, "invalid-argument", "once")]
    [InlineData("/api/v1/list/data?recursive=yes", 400, "invalid-argument", "'yes'")]
    [InlineData("/api/v1/list/data?token=***", 400, "invalid-argument", "'***'")]
    [InlineData("/api/v1/list/data?token=YQ&startAfter=a", 400, "invalid-argument", "one of them")]
    [InlineData("/api/v1/list/data/none", 404, "not-found", "none")]
    [InlineData("/api/v1/list/data/f", 409, "not-a-directory", "f")]
    [InlineData("/api/v1/list/data?recursive=true&startAfter=../x", 400, "invalid-path", "..")]
    public async Task What_cannot_be_listed_is_a_problem(string target, int status, string error, string named)
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", [1]);
        using HttpResponseMessage response = await host.GetAsync(target);
        Assert.Contains(named, await RestHost.ProblemAsync(response, status, error), StringComparison.Ordinal);
    }

    private static string[] Paths(JsonElement page) => [.. page.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("path").GetString()!)];
}
