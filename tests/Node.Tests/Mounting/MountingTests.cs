using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Mounting;

/// <summary>Mounts that come and go while a node runs: through REST and the command line, over restarts, under readers.</summary>
public sealed class MountingTests : IDisposable
{
    private readonly TemporaryDirectory _source = new();
    private readonly TemporaryDirectory _work = new();

    public void Dispose()
    {
        _source.Dispose();
        _work.Dispose();
    }

    [Fact]
    public async Task A_mount_is_added_seen_restored_after_a_restart_and_removed_from_the_command_line()
    {
        _source.Write("base/x", "base"u8);
        _source.Write("more/inner/y", "more"u8);
        await using (NodeProcess node = await StartAsync())
        {
            ProgramResult added = await node.OcacheAsync("mount", "add", $"/deep/er={_source["more"]},mode=immutable,rw");
            Assert.Equal((0, ""), (added.ExitCode, added.Errors));
            Assert.Equal("more"u8.ToArray(), await node.GetFileAsync("/deep/er/inner/y"));
            Assert.Equal(["base", "deep", "more"], (await node.OcacheAsync("ls", "/")).Lines.Select(l => l.Trim('/')));
            ProgramResult list = await node.OcacheAsync("mount", "ls");
            Assert.Contains("/deep/er", list.Output, StringComparison.Ordinal);
            Assert.Contains("added", list.Output, StringComparison.Ordinal);
            Assert.Equal(0, await node.StopAsync());
        }
        await using (NodeProcess node = await StartAsync())
        {
            Assert.Contains("/deep/er", node.Banner, StringComparison.Ordinal);
            JsonElement restored = (await node.GetJsonAsync("api/v1/mounts")).GetProperty("mounts")[1];
            Assert.Equal(("immutable", true, "added"), (restored.GetProperty("freshness").GetString(), restored.GetProperty("writable").GetBoolean(), restored.GetProperty("origin").GetString()));
            Assert.Equal("more"u8.ToArray(), await node.GetFileAsync("/deep/er/inner/y"));
            Assert.Equal(0, (await node.OcacheAsync("mount", "rm", "/deep/er")).ExitCode);
            Assert.Equal(HttpStatusCode.NotFound, (await node.Http.GetAsync("api/v1/files/deep/er/inner/y")).StatusCode);
            await node.KillAsync();
        }
        await using NodeProcess last = await StartAsync();
        Assert.Equal(1, (await last.GetJsonAsync("api/v1/mounts")).GetProperty("mounts").GetArrayLength());
        Assert.Equal("more"u8.ToArray(), File.ReadAllBytes(_source["more/inner/y"]));
    }

    [Fact]
    public async Task What_is_configured_stays_as_it_is_and_what_was_added_makes_way_only_where_that_is_said()
    {
        _source.Write("a/f", "a"u8);
        _source.Write("b/f", "b"u8);
        await using NodeProcess node = await StartAsync();

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-argument"), await PutAsync(node, "/", _source["a"]));
        Assert.Equal((HttpStatusCode.Created, null), await PutAsync(node, "/m", _source["a"]));
        Assert.Equal((HttpStatusCode.Conflict, "already-exists"), await PutAsync(node, "/m", _source["b"]));
        Assert.Equal("a"u8.ToArray(), await node.GetFileAsync("/m/f"));
        Assert.Equal((HttpStatusCode.OK, null), await PutAsync(node, "/m?replace=true", _source["b"]));
        Assert.Equal("b"u8.ToArray(), await node.GetFileAsync("/m/f"));
        Assert.Equal(HttpStatusCode.BadRequest, (await node.Http.DeleteAsync("api/v1/mounts/")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Http.DeleteAsync("api/v1/mounts/nothing")).StatusCode);
        // A path of the mount below the root's is found in the root again.
        Assert.Equal(HttpStatusCode.OK, (await node.Http.DeleteAsync("api/v1/mounts/m")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Http.GetAsync("api/v1/files/m/f")).StatusCode);
    }

    [Fact]
    public async Task A_mount_that_cannot_be_used_is_not_added_and_the_answer_names_what_failed()
    {
        await using NodeProcess node = await StartAsync();
        foreach ((string uri, string option, string expected) in new[]
        {
            (_source["not-there"], "rw", "is not a directory on this machine"),
            ("ftp://host/x", "rw", "not an under storage known here"),
            (_source.Path, "mode=sometimes", "mode=sometimes is unknown"),
            (_work.Path, "rw", "contains the store"),
            ("s3://bucket", "access-key=AKIAEXAMPLE", "env:VARIABLE"),
            ("s3://bucket", "secret-key=env:NOT_SET_ANYWHERE", "'NOT_SET_ANYWHERE' is not set"),
            ("s3://AKIAEXAMPLE:wJalr@bucket", "region=us-east-1", "references to secrets"),
        })
        {
            using HttpResponseMessage refused = await node.PutMountAsync("/m", uri, option);
            string answer = await refused.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(expected, JsonDocument.Parse(answer).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain("AKIA", answer + node.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("wJalr", answer + node.Errors, StringComparison.Ordinal);
        }
        using HttpResponseMessage unreachable = await node.Http.PutAsJsonAsync(
            "api/v1/mounts/m", new { uri = "s3://bucket", options = new[] { "endpoint=http://127.0.0.1:1", "anonymous", "attempts=1" } });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unreachable.StatusCode);
        Assert.Contains("cannot be reached", await unreachable.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, (await node.GetJsonAsync("api/v1/mounts")).GetProperty("mounts").GetArrayLength());
        Assert.False(File.Exists(_work["pages/mounts.json"]));
    }

    [Fact]
    public async Task A_reader_of_a_mount_that_is_removed_reads_to_the_end()
    {
        byte[] content = new byte[96 * CacheLimits.MiB];
        new Random(1).NextBytes(content);
        _source.Write("big/file", content);
        await using NodeProcess node = await StartAsync();
        await PutAsync(node, "/m", _source["big"], "bandwidth=64MiB");

        using HttpResponseMessage reading = await node.Http.GetAsync("api/v1/files/m/file", HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await reading.Content.ReadAsStreamAsync();
        byte[] read = new byte[content.Length];
        await body.ReadExactlyAsync(read.AsMemory(0, CacheLimits.MiB));
        Assert.Equal(HttpStatusCode.OK, (await node.Http.DeleteAsync("api/v1/mounts/m")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Http.GetAsync("api/v1/files/m/file")).StatusCode);
        await body.ReadExactlyAsync(read.AsMemory(CacheLimits.MiB));

        Assert.True(content.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public async Task Pages_of_a_removed_mount_stay_for_its_return_unless_they_are_freed()
    {
        _source.Write("m/f", new byte[3 * CacheLimits.MiB]);
        await using NodeProcess node = await StartAsync();
        await PutAsync(node, "/m", _source["m"]);
        await node.ReadUntilCachedAsync("/m/f");
        await node.Http.DeleteAsync("api/v1/mounts/m");
        await PutAsync(node, "/other/path", _source["m"]);
        Assert.Equal(100, (await node.GetJsonAsync("api/v1/status/other/path/f")).GetProperty("cachedPercent").GetDouble());

        ProgramResult freed = await node.OcacheAsync("mount", "rm", "--free", "/other/path");
        Assert.Contains("Freed 3 pages of 1 files", freed.Output, StringComparison.Ordinal);
        await PutAsync(node, "/m", _source["m"]);
        Assert.Equal(0, (await node.GetJsonAsync("api/v1/status/m/f")).GetProperty("cachedBytes").GetInt64());
    }

    [Fact]
    public async Task A_web_page_in_the_users_browser_mounts_nothing()
    {
        await using NodeProcess node = await StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Put, "api/v1/mounts/m") { Content = JsonContent.Create(new { uri = _source.Path }) };
        request.Headers.Add("Origin", "http://evil.example");
        using HttpResponseMessage refused = await node.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task A_stored_mount_that_cannot_be_opened_is_left_out_until_it_can_or_is_removed_and_a_configured_one_counts_before_it()
    {
        _source.Write("gone/f", "1"u8);
        await using (NodeProcess node = await StartAsync())
            await PutAsync(node, "/m", _source["gone"]);
        Directory.Delete(_source["gone"], recursive: true);

        await using (NodeProcess without = await StartAsync())
        {
            Assert.Equal(1, (await without.GetJsonAsync("api/v1/mounts")).GetProperty("mounts").GetArrayLength());
            Assert.Equal(0, await without.StopAsync());
        }

        _source.Write("gone/f", "2"u8);
        await using (NodeProcess again = await StartAsync())
        {
            Assert.Equal("2"u8.ToArray(), await again.GetFileAsync("/m/f"));
            Assert.Equal(0, await again.StopAsync());
        }

        Directory.Delete(_source["gone"], recursive: true);
        await using (NodeProcess without = await StartAsync())
        {
            using HttpResponseMessage removed = await without.Http.DeleteAsync("api/v1/mounts/m");
            Assert.Equal(HttpStatusCode.OK, removed.StatusCode);
            using HttpResponseMessage unknown = await without.Http.DeleteAsync("api/v1/mounts/m");
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        }

        await using NodeProcess configured = await NodeProcess.StartAsync("--mount", $"/m={_source.Path}", "--store", $"{_work["pages"]}=256MiB");
        Assert.Equal("configured", (await configured.GetJsonAsync("api/v1/mounts")).GetProperty("mounts")[0].GetProperty("origin").GetString());
    }

    private Task<NodeProcess> StartAsync() => NodeProcess.StartAsync("--mount", $"/={_source.Path}", "--store", $"{_work["pages"]}=256MiB");

    private static async Task<(HttpStatusCode Status, string? Error)> PutAsync(NodeProcess node, string path, string uri, params string[] options)
    {
        using HttpResponseMessage answer = await node.PutMountAsync(path, uri, options);
        JsonElement body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (answer.StatusCode, answer.IsSuccessStatusCode ? null : body.GetProperty("error").GetString());
    }
}
