using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Node.Tests.Rest;

namespace Orleans.Cache.Node.Tests.Alluxio;

public sealed class AlluxioBrowseTests
{
    /// <summary>The oldest clients index these.</summary>
    private static readonly string[] Mandatory = ["mType", "mName", "mPath", "mUfsPath", "mLastModificationTimeMs", "mLength", "mHumanReadableFileSize"];

    [Fact]
    public async Task A_listing_names_files_and_directories_in_the_clients_own_spelling()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.PutAsync("dir/below", 1);
        await host.PutAsync("file", 77_542);
        foreach ((string asked, string prefix) in new[] { (host.Root, host.Root + "/"), (host.Root + "/", host.Root + "/"), ("/data", "/data/") })
        {
            JsonElement[] entries = [.. (await host.Rest.JsonAsync(AlluxioUrls.Files(asked))).EnumerateArray()];
            Assert.All(entries, entry => Assert.All(Mandatory, key => Assert.True(entry.TryGetProperty(key, out _), key)));
            Assert.Equal(["directory dir 0", "file file 77542"], entries.Select(e => $"{e.GetProperty("mType")} {e.GetProperty("mName")} {e.GetProperty("mLength")}"));
            Assert.Equal([prefix + "dir", prefix + "file"], entries.Select(e => e.GetProperty("mPath").GetString()));
            Assert.Equal([host["dir"], host["file"]], entries.Select(e => e.GetProperty("mUfsPath").GetString()));
            Assert.Equal("75.72KB", entries[1].GetProperty("mHumanReadableFileSize").GetString());
        }
    }

    [Fact]
    public async Task The_root_of_the_namespace_lists_what_leads_to_mounts()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        JsonElement[] entries = [.. (await host.Rest.JsonAsync("/v1/files?path=/")).EnumerateArray()];
        Assert.Equal(["data", "deep"], entries.Select(e => e.GetProperty("mName").GetString()));
        Assert.All(entries, e => Assert.Equal("directory", e.GetProperty("mType").GetString()));
        Assert.Equal("/data", entries[0].GetProperty("mPath").GetString());
    }

    [Fact]
    public async Task Info_is_an_array_of_one_and_so_is_the_listing_of_a_file()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.PutAsync("a b+c", 10);
        foreach (string target in new[] { AlluxioUrls.Info(host["a b+c"]), AlluxioUrls.Files(host["a b+c"]), $"/v1/info?path={AlluxioUrls.Quote(host["a b+c"])}" })
            Assert.Equal(host["a b+c"], Assert.Single((await host.Rest.JsonAsync(target)).EnumerateArray()).GetProperty("mPath").GetString());
    }

    [Theory]
    [InlineData(500)]
    [InlineData(404)]
    public async Task A_missing_file_has_the_status_that_the_operator_chose(int status)
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync(new AlluxioOptions { MissingStatus = status });
        foreach (string target in new[] { AlluxioUrls.Info(host["no"]), AlluxioUrls.Files(host["no"]), AlluxioUrls.Page(host["no"], 0), AlluxioUrls.Of("chunk", host["no"]) })
            Assert.Contains("'/data/no' does not exist", await host.ErrorAsync(status, HttpMethod.Get, target), StringComparison.Ordinal);
        Assert.Contains("No mount", await host.ErrorAsync(status, HttpMethod.Get, AlluxioUrls.Info("s3://elsewhere/x")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Malformed_requests_are_400_with_a_message()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        foreach (string target in new[] { "/v1/info", "/v1/info?path=relative", AlluxioUrls.Info("/data/../x"), AlluxioUrls.Load("/data", "pause"), AlluxioUrls.Range("/data/x", 0, 0) + "x" })
            Assert.NotEmpty(await host.ErrorAsync(StatusCodes.Status400BadRequest, HttpMethod.Get, target));
    }

    [Fact]
    public async Task The_node_answers_with_the_address_that_the_client_used()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        RawHttp answer = await RawHttp.SendAsync(host.Rest.Port, $"GET /v1/node?path=s3://b/a&b HTTP/1.1\r\nHost: cache.example:{host.Rest.Port}\r\nConnection: close\r\n\r\n");
        Assert.Contains($"{{\"Host\":\"cache.example\",\"HttpServerPort\":{host.Rest.Port}}}", answer.Text, StringComparison.Ordinal);
        answer = await RawHttp.SendAsync(host.Rest.Port, "GET /v1/node?path= HTTP/1.1\r\nHost: cache.example\r\nConnection: close\r\n\r\n");
        Assert.Contains($"\"HttpServerPort\":{host.Rest.Port}", answer.Text, StringComparison.Ordinal);
        Assert.Equal("worker is active"u8.ToArray(), await host.GetAsync("/v1/health"));
    }

    [Fact]
    public async Task An_id_can_be_asked_for_its_path()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.PutAsync("file", 1);
        await host.GetAsync(AlluxioUrls.Info(host["file"]));
        JsonElement known = await host.Rest.JsonAsync("/v1/path/" + AlluxioUrls.IdOf(host["file"]));
        Assert.Equal((host["file"], "/data/file"), (known.GetProperty("ufsFullPath").GetString(), known.GetProperty("path").GetString()));
    }

    [Fact]
    public async Task A_load_is_submitted_and_followed_to_its_end()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.PutAsync("dir/one", 200_000);
        Assert.Equal("FAILED", (await host.Rest.JsonAsync(AlluxioUrls.Load(host["dir"], "progress"))).GetProperty("jobState").GetString());
        Assert.False((await host.Rest.JsonAsync(AlluxioUrls.Load(host["no"], "submit"))).GetProperty("success").GetBoolean());
        Assert.False((await host.Rest.JsonAsync(AlluxioUrls.Load(host["dir"], "stop"))).GetProperty("success").GetBoolean());
        Assert.True((await host.Rest.JsonAsync(AlluxioUrls.Load(host["dir"], "submit"))).GetProperty("success").GetBoolean());
        Task<JsonElement> progress = host.Rest.JsonAsync(AlluxioUrls.Load(host["dir"], "progress"));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!progress.IsCompleted)
        {
            host.Rest.Time.Advance(AlluxioOptions.ProgressPause);
            await pause.WaitForNextTickAsync();
        }
        Assert.Contains((await progress).GetProperty("jobState").GetString(), new[] { "RUNNING", "SUCCEEDED" });
        while ((await host.Rest.JsonAsync("/api/v1/load?path=/data/dir")).GetProperty("state").GetString() == "RUNNING")
            await pause.WaitForNextTickAsync();
        JsonElement ended = await host.Rest.JsonAsync(AlluxioUrls.Load(host["dir"], "progress"));
        Assert.Equal("SUCCEEDED", ended.GetProperty("jobState").GetString());
        Assert.Equal("1", ended.GetProperty("respProperties").GetProperty("Files Processed").GetString());
    }
}
