using System.Net;
using System.Text.Json;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class InspectingTests
{
    private static readonly byte[] Content = RangeAnswerTests.Bytes(4 * RestHost.PageSize + 1);

    [Fact]
    public async Task Explain_says_what_is_cached_where_and_why_the_rest_is_not()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Content);
        JsonElement cold = await host.JsonAsync("/api/v1/explain/data/f");
        Assert.Equal(("/data/f", "file", Content.Length), (cold.GetProperty("path").GetString(), cold.GetProperty("type").GetString(), cold.GetProperty("length").GetInt32()));
        Assert.False(cold.GetProperty("status").GetProperty("fromCache").GetBoolean());
        Assert.Equal("memory", cold.GetProperty("owner").GetProperty("node").GetString());
        JsonElement mount = cold.GetProperty("mount");
        Assert.Equal(("/data", "bounded", 60, false),
            (mount.GetProperty("path").GetString(), mount.GetProperty("mode").GetString(), mount.GetProperty("ttlSeconds").GetInt32(), mount.GetProperty("writable").GetBoolean()));
        Assert.Contains("never read", cold.GetProperty("reasons").GetRawText(), StringComparison.Ordinal);
        Assert.Contains("too young", cold.GetProperty("reasons").GetRawText(), StringComparison.Ordinal);
        Assert.Equal("""[{"firstPage":0,"lastPage":4,"node":"memory","state":"absent"}]""", cold.GetProperty("ranges").GetRawText());

        host.Time.Advance(TimeSpan.FromSeconds(5));
        using HttpResponseMessage read = await host.GetAsync("/api/v1/files/data/f", ("Range", $"bytes={RestHost.PageSize}-{3 * RestHost.PageSize - 1}"));
        await read.Content.ReadAsByteArrayAsync();
        await host.SettledAsync();
        JsonElement warm = await host.JsonAsync("/api/v1/explain/data/f");
        Assert.True(warm.GetProperty("status").GetProperty("fromCache").GetBoolean());
        Assert.Equal((5, 55), (warm.GetProperty("status").GetProperty("ageSeconds").GetInt32(), warm.GetProperty("status").GetProperty("believedForSeconds").GetInt32()));
        Assert.Equal((5, 2), (warm.GetProperty("pages").GetProperty("count").GetInt32(), warm.GetProperty("pages").GetProperty("cached").GetInt32()));
        Assert.Equal([(0, 0, false), (1, 2, true), (3, 4, false)], warm.GetProperty("ranges").EnumerateArray()
            .Select(r => (r.GetProperty("firstPage").GetInt32(), r.GetProperty("lastPage").GetInt32(), r.TryGetProperty("store", out _))));
        Assert.Contains("3 of 5 pages", warm.GetProperty("reasons").GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("too young", warm.GetProperty("reasons").GetRawText(), StringComparison.Ordinal);

        // Short, so that it goes past the cache the first time.
        using HttpResponseMessage few = await host.GetAsync("/api/v1/files/data/f", ("Range", "bytes=10-20"));
        await few.Content.ReadAsByteArrayAsync();
        Assert.Contains("less than 128 KiB", (await host.JsonAsync("/api/v1/explain/data/f")).GetProperty("reasons").GetRawText(), StringComparison.Ordinal);
        await host.Client.GetByteArrayAsync("/api/v1/files/data/f");
        await host.SettledAsync();
        Assert.Equal(0, (await host.JsonAsync("/api/v1/explain/data/f")).GetProperty("reasons").GetArrayLength());
        Assert.Equal("directory", (await host.JsonAsync("/api/v1/explain/deep")).GetProperty("type").GetString());
        using HttpResponseMessage nothing = await host.GetAsync("/api/v1/explain/data/none");
        await RestHost.ProblemAsync(nothing, 404, "not-found");
    }

    [Fact]
    public async Task A_dry_run_of_free_counts_what_a_free_drops()
    {
        await using RestHost host = await RestHost.StartAsync();
        foreach (string key in new[] { "a/x", "a/y", "b" })
        {
            await host.PutAsync(key, Content);
            await host.Client.GetByteArrayAsync("/api/v1/files/data/" + key);
        }
        await host.SettledAsync();
        JsonElement would = await PostAsync(host, "/api/v1/free?path=/data/a&recursive=true&dryRun=true");
        JsonElement again = await PostAsync(host, "/api/v1/free?path=/data/a&recursive=true&dryRun=true");
        JsonElement freed = await PostAsync(host, "/api/v1/free?path=/data/a&recursive=true");
        Assert.Equal(would.GetRawText(), again.GetRawText());
        Assert.True(would.GetProperty("dryRun").GetBoolean());
        Assert.False(freed.TryGetProperty("dryRun", out _));
        foreach (string name in new[] { "freedFiles", "freedPages", "freedBytes" })
            Assert.Equal(freed.GetProperty(name).GetInt64(), would.GetProperty(name).GetInt64());
        Assert.Equal((2, 10, 2L * Content.Length), (freed.GetProperty("freedFiles").GetInt32(), freed.GetProperty("freedPages").GetInt32(), freed.GetProperty("freedBytes").GetInt64()));
    }

    [Fact]
    public async Task A_source_read_gives_the_bytes_that_are_there_and_keeps_none()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Content);
        Assert.Equal(Content, await host.Client.GetByteArrayAsync("/api/v1/files/data/f"));
        await host.SettledAsync();
        byte[] now = RangeAnswerTests.Bytes(3 * RestHost.PageSize);
        await host.PutAsync("f", now);
        JsonElement before = await host.JsonAsync("/api/v1/cache");
        Assert.Equal(now, await host.Client.GetByteArrayAsync("/api/v1/source/data/f"));
        using HttpResponseMessage part = await host.GetAsync("/api/v1/source/data/f", ("Range", "bytes=10-19"));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(now[10..20], await part.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage parts = await host.GetAsync("/api/v1/source/data/f", ("Range", "bytes=0-0,5-6"));
        Assert.Equal(parts.Content.Headers.ContentLength, (await parts.Content.ReadAsByteArrayAsync()).Length);
        JsonElement after = await host.JsonAsync("/api/v1/cache");
        foreach (string name in new[] { "hits", "misses", "bypasses", "bytesFromCache", "pagesFilled" })
            Assert.Equal(before.GetProperty(name).GetInt64(), after.GetProperty(name).GetInt64());
        Assert.Equal(4, after.GetProperty("ufsReads").GetInt64() - before.GetProperty("ufsReads").GetInt64());
        using HttpResponseMessage nothing = await host.GetAsync("/api/v1/source/data/none");
        await RestHost.ProblemAsync(nothing, 404, "not-found");
        using HttpResponseMessage directory = await host.GetAsync("/api/v1/source/data");
        await RestHost.ProblemAsync(directory, 409, "is-directory");
    }

    [Fact]
    public async Task Top_names_the_file_that_is_read_most()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("hot", [1]);
        // One open in 16 of each thread is looked at; so many reach it on some thread whatever the threads are.
        for (int i = 0; i < 2000; i++)
            await host.Client.GetByteArrayAsync("/api/v1/files/data/hot");
        int timers = host.Time.Timers;
        Task<JsonElement> asked = host.JsonAsync("/api/v1/top?seconds=2&limit=5");
        while (host.Time.Timers == timers)
            await Task.Yield();
        host.Time.Advance(TimeSpan.FromSeconds(2));
        JsonElement top = await asked;
        Assert.Equal("/data/hot", top.GetProperty("files")[0].GetProperty("path").GetString());
        Assert.Equal(2, top.GetProperty("seconds").GetDouble());
        Assert.Contains(top.GetProperty("operations").EnumerateArray(), o => o.GetProperty("name").GetString() == "statusHits" && o.GetProperty("count").GetInt64() > 1000);
        using HttpResponseMessage refused = await host.GetAsync("/api/v1/top?seconds=1000");
        await RestHost.ProblemAsync(refused, 400, "invalid-argument");
    }

    private static async Task<JsonElement> PostAsync(RestHost host, string target)
    {
        using HttpResponseMessage response = await host.SendAsync(HttpMethod.Post, target);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await RestHost.ReadJsonAsync(response);
    }
}
