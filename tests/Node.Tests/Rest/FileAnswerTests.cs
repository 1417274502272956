using System.Net;
using System.Text;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class FileAnswerTests
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("0123456789abcdefghij");

    [Fact]
    public async Task Get_answers_the_bytes_with_validators_and_a_type_by_extension()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("a/b.json", Content);
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/a/b.json");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Content, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("\"v1\"", response.Headers.ETag!.ToString());
        Assert.Equal(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero), response.Content.Headers.LastModified);
        Assert.Equal("bytes", response.Headers.AcceptRanges.Single());
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(Content.Length, response.Content.Headers.ContentLength);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Head_answers_the_headers_of_get_without_a_body_and_ignores_ranges()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("b.bin", Content);
        using HttpResponseMessage get = await host.GetAsync("/api/v1/files/data/b.bin");
        using HttpResponseMessage head = await host.SendAsync(HttpMethod.Head, "/api/v1/files/data/b.bin", ("Range", "bytes=0-3"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(Shown(get), Shown(head));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());

        static string Shown(HttpResponseMessage response) =>
            string.Join('\n', response.Headers.Concat(response.Content.Headers).Where(h => h.Key != "Date").Select(h => h.Key + ": " + string.Join(',', h.Value)).Order());
    }

    [Fact]
    public async Task An_empty_file_is_whole_with_no_bytes_and_has_no_range()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("empty", []);
        using HttpResponseMessage whole = await host.GetAsync("/api/v1/files/data/empty");
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
        Assert.Equal(0, whole.Content.Headers.ContentLength);
        Assert.Empty(await whole.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage range = await host.GetAsync("/api/v1/files/data/empty", ("Range", "bytes=0-"));
        await RestHost.ProblemAsync(range, 416, "range-not-satisfiable");
        Assert.Equal("bytes */0", range.Content.Headers.ContentRange!.ToString());
    }

    [Theory]
    [InlineData("If-None-Match", "\"v1\"", 304)]
    [InlineData("If-None-Match", "W/\"v1\"", 304)]
    [InlineData("If-None-Match", "*", 304)]
    [InlineData("If-None-Match", "\"x\", \"v1\"", 304)]
    [InlineData("If-None-Match", "\"x\"", 200)]
    [InlineData("If-Match", "\"v1\"", 200)]
    [InlineData("If-Match", "*", 200)]
    [InlineData("If-Match", "W/\"v1\"", 412)]
    [InlineData("If-Match", "\"x\"", 412)]
    [InlineData("If-Modified-Since", "Wed, 04 Mar 2026 05:06:07 GMT", 304)]
    [InlineData("If-Modified-Since", "Wed, 04 Mar 2026 05:06:06 GMT", 200)]
    [InlineData("If-Modified-Since", "yesterday", 200)]
    [InlineData("If-Unmodified-Since", "Wed, 04 Mar 2026 05:06:07 GMT", 200)]
    [InlineData("If-Unmodified-Since", "Wed, 04 Mar 2026 05:06:06 GMT", 412)]
    public async Task Conditions_decide_the_status(string header, string value, int status)
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Content);
        foreach (HttpMethod method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            using HttpResponseMessage response = await host.SendAsync(method, "/api/v1/files/data/f", (header, value));
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal("\"v1\"", response.Headers.ETag!.ToString());
            if (status == 304)
                Assert.Empty(await response.Content.ReadAsByteArrayAsync());
            if (status == 412 && method == HttpMethod.Get)
                Assert.Contains("\"v1\"", await RestHost.ProblemAsync(response, 412, "precondition-failed"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("\"v1\"", 206)]
    [InlineData("W/\"v1\"", 200)]
    [InlineData("\"v0\"", 200)]
    [InlineData("Wed, 04 Mar 2026 05:06:07 GMT", 200)]
    public async Task If_range_gives_the_part_of_the_same_version_or_the_whole_file(string ifRange, int status)
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Content);
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f", ("If-Range", ifRange), ("Range", "bytes=2-4"));
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 206 ? "234" : Encoding.ASCII.GetString(Content), await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/api/v1/files/data/missing", 404, "not-found", "/data/missing")]
    [InlineData("/api/v1/files/nowhere", 404, "not-found", "/nowhere")]
    [InlineData("/api/v1/files/data/a", 409, "is-directory", "list it instead")]
    [InlineData("/api/v1/files/data/a/", 409, "is-directory", "list it instead")]
    [InlineData("/api/v1/files", 409, "is-directory", "'/'")]
    [InlineData("/api/v1/files/", 409, "is-directory", "'/'")]
    [InlineData("/api/v1/nothing", 404, "no-such-route", "GET /")]
    [InlineData("/elsewhere", 404, "no-such-route", "GET /")]
    public async Task What_is_no_file_is_a_problem_with_a_remedy(string target, int status, string error, string named)
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("a/b", Content);
        using HttpResponseMessage response = await host.GetAsync(target);
        Assert.Contains(named, await RestHost.ProblemAsync(response, status, error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PATCH", "/api/v1/files/data/a", "DELETE, GET, HEAD, PUT")]
    [InlineData("POST", "/api/v1/cache", "GET")]
    [InlineData("GET", "/api/v1/free", "POST")]
    public async Task Another_method_is_405_with_allow(string method, string target, string allowed)
    {
        await using RestHost host = await RestHost.StartAsync();
        using HttpResponseMessage response = await host.SendAsync(new HttpMethod(method), target);
        await RestHost.ProblemAsync(response, 405, "method-not-allowed");
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow.Order()));
    }

    [Fact]
    public async Task Double_and_trailing_slashes_name_the_same_file()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("a/b", Content);
        foreach (string target in new[] { "/api/v1/files//data/a/b", "/api/v1/files/data//a///b", "/api/v1/files/data/a/b/" })
            Assert.Equal(Content, (await RawHttp.GetAsync(host.Port, target)).Body);
    }
}
