using System.Net;
using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class LoadTests
{
    private static readonly byte[] Content = RangeAnswerTests.Bytes(2 * RestHost.PageSize + 1);

    [Fact]
    public async Task A_directory_is_loaded_and_its_job_says_so()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("a/b c/f", Content);
        await host.PutAsync("a/g", [1, 2, 3]);
        using HttpResponseMessage begun = await host.SendAsync(HttpMethod.Post, "/api/v1/load?path=/data/a");
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        Assert.Equal("/data/a", (await RestHost.ReadJsonAsync(begun)).GetProperty("path").GetString());

        JsonElement ended = await EndedAsync(host, "/data/a");
        Assert.Equal("SUCCEEDED", ended.GetProperty("state").GetString());
        Assert.Equal((2, 2, 0), (Number(ended, "filesFound"), Number(ended, "filesDone"), Number(ended, "filesFailed")));
        long bytes = Content.Length + 3;
        Assert.Equal((bytes, bytes, bytes), (Number(ended, "bytesFound"), Number(ended, "bytesDone"), Number(ended, "bytesLoaded")));
        Assert.Equal(0, ended.GetProperty("errors").GetArrayLength());
        Assert.Equal(host.Time.GetUtcNow(), ended.GetProperty("startedAt").GetDateTimeOffset());
        Assert.Equal(0, ended.GetProperty("elapsedSeconds").GetDouble());
        Assert.Equal(100, (await host.JsonAsync("/api/v1/status/data/a/b%20c/f")).GetProperty("cachedPercent").GetDouble());
        Assert.Equal(ended.GetRawText(), Assert.Single((await host.JsonAsync("/api/v1/load")).EnumerateArray()).GetRawText());
    }

    [Fact]
    public async Task A_job_that_runs_is_stopped()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Content);
        UfsHold hold = host.Data.Hold(UfsRequest.Open);
        using HttpResponseMessage begun = await host.SendAsync(HttpMethod.Post, "/api/v1/load?path=/data");
        await hold.ArrivedAsync();
        Assert.Equal("RUNNING", (await host.JsonAsync("/api/v1/load?path=/data")).GetProperty("state").GetString());
        using HttpResponseMessage stopped = await host.SendAsync(HttpMethod.Delete, "/api/v1/load?path=/data");
        Assert.Equal(HttpStatusCode.OK, stopped.StatusCode);
        Assert.Equal("STOPPED", (await RestHost.ReadJsonAsync(stopped)).GetProperty("state").GetString());
        hold.Release();
    }

    [Theory]
    [InlineData("POST", "", 400, "invalid-argument")]
    [InlineData("POST", "?path=relative/../x", 400, "invalid-path")]
    [InlineData("POST", "?path=/data/none", 404, "not-found")]
    [InlineData("GET", "?path=/data", 404, "not-found")]
    [InlineData("DELETE", "?path=/data", 404, "not-found")]
    [InlineData("DELETE", "", 400, "invalid-argument")]
    public async Task What_makes_no_sense_is_refused(string method, string query, int status, string error)
    {
        await using RestHost host = await RestHost.StartAsync();
        using HttpResponseMessage response = await host.SendAsync(new HttpMethod(method), "/api/v1/load" + query);
        await RestHost.ProblemAsync(response, status, error);
    }

    private static long Number(JsonElement job, string name) => job.GetProperty(name).GetInt64();

    private static async Task<JsonElement> EndedAsync(RestHost host, string path)
    {
        while (true)
        {
            JsonElement job = await host.JsonAsync("/api/v1/load?path=" + path);
            if (job.GetProperty("state").GetString() is not ("RUNNING" or "VERIFYING"))
                return job;
        }
    }
}
