using System.Net;
using System.Text.Json;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Node.Tests.Rest;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Writing;

/// <summary>PUT, DELETE, mkdir, move and copy over real HTTP: what they answer, and that the next read agrees.</summary>
public sealed class RestWriteTests
{
    private static readonly byte[] Content = "what was written"u8.ToArray();

    [Fact]
    public async Task A_put_creates_then_replaces_and_answers_with_the_new_version()
    {
        await using RestHost host = await RestHost.StartAsync(writable: true);
        using HttpResponseMessage created = await PutAsync(host, "data/new/file.bin", Content);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        JsonElement status = await RestHost.ReadJsonAsync(created);
        Assert.Equal(("/data/new/file.bin", "file", Content.Length, 0),
            (status.GetProperty("path").GetString(), status.GetProperty("type").GetString(), status.GetProperty("length").GetInt32(), status.GetProperty("cachedBytes").GetInt32()));
        Assert.Equal($"\"{status.GetProperty("version").GetString()}\"", created.Headers.ETag!.Tag);

        using HttpResponseMessage read = await host.GetAsync("/api/v1/files/data/new/file.bin");
        Assert.Equal(created.Headers.ETag, read.Headers.ETag);
        Assert.Equal(Content, await read.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage replaced = await PutAsync(host, "data/new/file.bin", []);
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        using HttpResponseMessage empty = await host.GetAsync("/api/v1/files/data/new/file.bin");
        Assert.Equal(replaced.Headers.ETag, empty.Headers.ETag);
        Assert.Equal(0, empty.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("with%20space")]
    [InlineData("a+b")]
    [InlineData("100%25")]
    [InlineData("%2541")]
    [InlineData("%C3%BCn%C3%AFcode-%E6%97%A5%E6%9C%AC%E8%AA%9E-%F0%9F%9A%80")]
    [InlineData("q%3Fx=1&y%23z")]
    public async Task Odd_names_come_back_as_they_were_written(string name)
    {
        await using RestHost host = await RestHost.StartAsync(writable: true);
        using HttpResponseMessage created = await PutAsync(host, "data/" + name, Content);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        JsonElement list = await host.JsonAsync("/api/v1/list/data");
        Assert.Equal("/data/" + Uri.UnescapeDataString(name), list.GetProperty("entries")[0].GetProperty("path").GetString());
        Assert.Equal(Content, await host.Client.GetByteArrayAsync("/api/v1/files/data/" + name));
    }

    [Theory]
    [InlineData("If-None-Match", "*", 201, 412)]
    [InlineData("If-Match", "*", 412, 200)]
    [InlineData("If-Match", "\"v1\"", 412, 200)]
    [InlineData("If-Match", "\"v7\"", 412, 412)]
    [InlineData("If-Match", "W/\"v1\"", 400, 400)]
    [InlineData("If-Match", "\"v1\", \"v2\"", 400, 400)]
    [InlineData("If-None-Match", "\"v1\"", 400, 400)]
    [InlineData("If-Unmodified-Since", "Wed, 04 Mar 2026 05:06:07 GMT", 400, 400)]
    [InlineData("Content-Range", "bytes 0-1/5", 400, 400)]
    [InlineData("Content-Encoding", "gzip", 415, 415)]
    public async Task Conditions_decide_and_those_that_cannot_be_held_are_refused(string header, string value, int onNothing, int onVersion1)
    {
        await using RestHost host = await RestHost.StartAsync(writable: true);
        using HttpResponseMessage first = await PutAsync(host, "data/f", Content, (header, value));
        Assert.Equal(onNothing, (int)first.StatusCode);
        await host.PutAsync("g", Content);
        using HttpRequestMessage probe = new(HttpMethod.Head, "/api/v1/files/data/g");
        using HttpResponseMessage head = await host.Client.SendAsync(probe);
        string tag = head.Headers.ETag!.Tag;
        using HttpResponseMessage second = await PutAsync(host, "data/g", [1], (header, value.Replace("\"v1\"", tag, StringComparison.Ordinal)));
        Assert.Equal(onVersion1, (int)second.StatusCode);
        Assert.Equal(onVersion1 == 200 ? [1] : Content, await host.Client.GetByteArrayAsync("/api/v1/files/data/g"));
    }

    [Fact]
    public async Task Read_only_mounts_refuse_by_name_with_the_remedy()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Content);
        using HttpResponseMessage put = await PutAsync(host, "data/f", []);
        Assert.Contains("option rw", await RestHost.ProblemAsync(put, 403, "read-only"), StringComparison.Ordinal);
        foreach ((HttpMethod method, string target) in ((HttpMethod, string)[])
            [(HttpMethod.Delete, "/api/v1/files/data/f"), (HttpMethod.Post, "/api/v1/mkdir?path=/data/d"),
             (HttpMethod.Post, "/api/v1/move?from=/data/f&to=/data/g"), (HttpMethod.Post, "/api/v1/copy?from=/data/f&to=/data/g")])
        {
            using HttpResponseMessage refused = await host.SendAsync(method, target);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
        Assert.Equal(Content, await host.Client.GetByteArrayAsync("/api/v1/files/data/f"));
    }

    [Theory]
    [InlineData("PUT", "/api/v1/files/data/d", 409, "is-directory")]
    [InlineData("PUT", "/api/v1/files/data", 409, "is-directory")]
    [InlineData("PUT", "/api/v1/files/", 409, "is-directory")]
    [InlineData("PUT", "/api/v1/files/deep", 409, "is-directory")]
    [InlineData("PUT", "/api/v1/files/data/d/f/below", 409, "not-a-directory")]
    [InlineData("PUT", "/api/v1/files/nowhere/f", 404, "not-found")]
    [InlineData("PUT", "/api/v1/files/data/%2E%2E/f", 400, "invalid-path")]
    [InlineData("DELETE", "/api/v1/files/data/d", 409, "not-empty")]
    [InlineData("DELETE", "/api/v1/files/data?recursive=true", 400, "invalid-argument")]
    [InlineData("DELETE", "/api/v1/files/?recursive=true", 400, "invalid-argument")]
    [InlineData("DELETE", "/api/v1/files/data/none", 404, "not-found")]
    [InlineData("POST", "/api/v1/mkdir", 400, "invalid-argument")]
    [InlineData("POST", "/api/v1/mkdir?path=/data/d/f", 409, "not-a-directory")]
    [InlineData("POST", "/api/v1/move?from=/data/d/f", 400, "invalid-argument")]
    [InlineData("POST", "/api/v1/move?from=/data/d&to=/deep/er/d", 501, "not-supported")]
    [InlineData("POST", "/api/v1/move?from=/data/none&to=/data/x", 404, "not-found")]
    [InlineData("POST", "/api/v1/copy?from=/data/d&to=/data/x", 409, "is-directory")]
    [InlineData("POST", "/api/v1/copy?from=/data/d&to=/data/d/x&recursive=true", 400, "invalid-argument")]
    public async Task What_cannot_be_done_is_a_problem_with_its_own_code(string method, string target, int status, string error)
    {
        await using RestHost host = await RestHost.StartAsync(writable: true);
        await host.PutAsync("d/f", Content);
        RawHttp answer = await RawHttp.SendAsync(host.Port, $"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(status, answer.Status);
        using JsonDocument problem = JsonDocument.Parse(answer.Body);
        Assert.Equal(error, problem.RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Directories_are_made_moved_copied_and_deleted()
    {
        await using RestHost host = await RestHost.StartAsync(writable: true);
        using HttpResponseMessage made = await host.SendAsync(HttpMethod.Post, "/api/v1/mkdir?path=/data/a/b");
        Assert.Equal("directory", (await RestHost.ReadJsonAsync(made)).GetProperty("type").GetString());
        (await PutAsync(host, "data/a/b/f", Content)).Dispose();
        using HttpResponseMessage moved = await host.SendAsync(HttpMethod.Post, "/api/v1/move?from=/data/a&to=/data/x/y");
        Assert.Equal("/data/x/y", (await RestHost.ReadJsonAsync(moved)).GetProperty("path").GetString());
        Assert.Equal(Content, await host.Client.GetByteArrayAsync("/api/v1/files/data/x/y/b/f"));
        using HttpResponseMessage copied = await host.SendAsync(HttpMethod.Post, "/api/v1/copy?from=/data/x&to=/deep/er/z&recursive");
        Assert.Equal("""{"from":"/data/x","to":"/deep/er/z","files":1,"directories":3,"bytes":16}""", await copied.Content.ReadAsStringAsync());
        Assert.Equal(Content, await host.Client.GetByteArrayAsync("/api/v1/files/deep/er/z/y/b/f"));
        using HttpResponseMessage deleted = await host.SendAsync(HttpMethod.Delete, "/api/v1/files/data/x?recursive=true");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Empty((await host.JsonAsync("/api/v1/list/data")).GetProperty("entries").EnumerateArray());
    }

    [Fact]
    public async Task What_is_refused_is_refused_before_the_body_is_asked_for()
    {
        await using RestHost host = await RestHost.StartAsync(writable: true);
        await host.PutAsync("f", Content);
        RawHttp refused = await RawHttp.SendAsync(host.Port,
            "PUT /api/v1/files/data/f HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-None-Match: *\r\nExpect: 100-continue\r\nContent-Length: 1000000000000\r\n\r\n");
        Assert.Equal(412, refused.Status);
    }

    [Fact]
    public async Task A_client_that_sends_nothing_for_a_minute_is_answered_408_and_leaves_the_old_file()
    {
        await using RestHost host = await RestHost.StartAsync(writable: true);
        await host.PutAsync("f", Content);
        Task<RawHttp> answer = RawHttp.SendAsync(host.Port, "PUT /api/v1/files/data/f HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\nbegin");
        while (host.Data.Count(UfsRequest.Write) < 2 || host.Time.Timers == 0)
            await Task.Yield();
        while (!answer.IsCompleted)
        {
            host.Time.Advance(new RestLimits().StallTimeout);
            await Task.Yield();
        }
        Assert.Equal(408, (await answer).Status);
        Assert.Equal(Content, await host.Client.GetByteArrayAsync("/api/v1/files/data/f"));
    }

    [Fact]
    public async Task Writes_are_counted()
    {
        await using RestHost host = await RestHost.StartAsync(writable: true);
        (await PutAsync(host, "data/f", Content)).Dispose();
        JsonElement figures = await host.JsonAsync("/api/v1/cache");
        Assert.Equal((1, Content.Length), (figures.GetProperty("ufsWrites").GetInt32(), figures.GetProperty("bytesToUnderStorage").GetInt32()));
    }

    private static Task<HttpResponseMessage> PutAsync(RestHost host, string path, byte[] content, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/files/" + path) { Content = new ByteArrayContent(content) };
        foreach ((string name, string value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value) || request.Content.Headers.TryAddWithoutValidation(name, value));
        return host.Client.SendAsync(request);
    }
}
