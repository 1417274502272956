using System.Text;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>Requests that are no HTTP, other HTTP, or two things at once: one clear answer or none, and never an answer to what was smuggled in.</summary>
public sealed class HostileMessageTests(HostileNode node) : IClassFixture<HostileNode>
{
    private const string Get = "GET /api/v1/files/data/a HTTP/1.1\r\nHost: node\r\n";
    private const string Free = "POST /api/v1/free HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n";
    private const string Smuggled = "GET /api/v1/files/data/dir/b HTTP/1.1\r\nHost: node\r\n\r\n";

    /// <summary>What is sent, and the statuses that are right; 0 is a connection that is closed without a word.</summary>
    public static TheoryData<string, int[]> Messages => new()
    {
        { "", [0] },
        { "\r\n\r\n\r\n", [0] },
        { "GET", [0, 400] },
        { "GET /api/v1/files/data/a\r\n", [400] }, // HTTP/0.9
        { "GET /api/v1/files/data/a\r\n\r\n", [400] },
        { "GET /api/v1/files/data/a HTTP/1.0\r\n\r\n", [200] },
        { "GET /api/v1/files/data/a HTTP/2.0\r\nHost: node\r\n\r\n", [505] },
        { "GET /api/v1/files/data/a HTTP/1.1 x\r\nHost: node\r\n\r\n", [400] },
        { "GET  /api/v1/files/data/a HTTP/1.1\r\nHost: node\r\n\r\n", [400] },
        { "GET\t/api/v1/files/data/a\tHTTP/1.1\r\nHost: node\r\n\r\n", [400] },
        { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [0] },
        { "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + new string('\0', 500), [400] }, // a TLS ClientHello
        { "SSH-2.0-OpenSSH_9.2\r\n", [400] },
        { "\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n", [400] },
        { "GET /api/v1/files/data/a HTTP/1.1\r\n\r\n", [400] },
        { "get /api/v1/files/data/a HTTP/1.1\r\nHost: node\r\n\r\n", [400] },
        { Get + "Host: other\r\n\r\n", [400] },
        { Get + "X: \xff\xfe\r\n\r\n", [400] },
        { Get + "X: a\0b\r\n\r\n", [400] },
        { Get + "X : a\r\n\r\n", [400] },
        { Get + " X: a\r\n\r\n", [400] },
        { Get + "X: a\r\n folded\r\n\r\n", [400] },
        { Get + "NoColon\r\n\r\n", [400] },
        { Get + ": no name\r\n\r\n", [400] },
        { Get + "X: a\rY: b\r\n\r\n", [400] },
        { Get + "X: a", [0, 400] },
        { "GET /api/v1/files/data/\xff\xfe HTTP/1.1\r\nHost: node\r\n\r\n", [400] },
        { "GET /api/v1/files/data/a\0 HTTP/1.1\r\nHost: node\r\n\r\n", [400] },
        { "GET /api/v1/files/data/a#b HTTP/1.1\r\nHost: node\r\n\r\n", [200, 400, 404] },
        { "GET api/v1/files/data/a HTTP/1.1\r\nHost: node\r\n\r\n", [400] },
        { "GET file:///etc/passwd HTTP/1.1\r\nHost: node\r\n\r\n", [400, 404] },
        { "GET /api/v1/files/data/a%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: node\r\n\r\n", [404] },
        { "GET /api/v1/files/data/a%0d%0a%0d%0aevil HTTP/1.1\r\nHost: node\r\n\r\n", [404] },
    };

    /// <summary>Each holds a second request where a server that reads the first otherwise would find one.</summary>
    public static TheoryData<string, int[]> Smugglers => new()
    {
        { Free + "Content-Length: 5\r\nContent-Length: 60\r\n\r\n{...}" + Smuggled, [400] },
        { Free + "Content-Length: 5, 60\r\n\r\n{...}" + Smuggled, [400] },
        { Free + "Content-Length: -5\r\n\r\n" + Smuggled, [400] },
        { Free + "Content-Length: 5 \r\nContent-Length : 0\r\n\r\n{...}" + Smuggled, [400] },
        { Free + "Content-Length: 99999999999999999999\r\n\r\n" + Smuggled, [400] },
        { Free + "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Smuggled, [400] },
        { Free + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + Smuggled, [400] },
        { Free + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + Smuggled, [400] },
        { Free + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + Smuggled, [400] },
        { Free + "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + Smuggled, [400] },
        { Free + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + Smuggled, [400] },
        { Free + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n" + Smuggled, [400] },
        { Free + "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n" + Smuggled, [400, 413, 0] },
        { Free + "Transfer-Encoding: chunked\r\n\r\n0x5\r\n{...}\r\n0\r\n\r\n" + Smuggled, [400] },
        { Free + "Transfer-Encoding: chunked\r\n\r\n5 ; x\n{...}\r\n0\r\n\r\n" + Smuggled, [400] },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task What_is_no_request_is_refused_clearly(string message, int[] right)
    {
        IReadOnlyList<RawAnswer> answers = await node.TryAsync(message);
        Assert.Contains(answers.SingleOrDefault()?.Status ?? 0, right);
        Assert.DoesNotContain(answers, a => a.Headers.ContainsKey("X-Evil"));
        await node.AssertUnharmedAsync();
    }

    [Theory]
    [MemberData(nameof(Smugglers))]
    public async Task Nothing_is_smuggled_behind_a_body_of_two_lengths(string message, int[] right)
    {
        IReadOnlyList<RawAnswer> answers = await node.TryAsync(message);
        Assert.Contains(answers is [] ? 0 : answers[0].Status, right);
        Assert.DoesNotContain(answers, a => a.Text == "deep");
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_bare_line_feed_ends_a_line_and_nothing_more()
    {
        RawAnswer answer = await node.AskAsync("GET /api/v1/files/data/a HTTP/1.1\nHost: node\n\n");
        Assert.Equal("small", answer.Text);
        Assert.Equal("small", (await node.GetAsync("/api/v1/files/data/a", "X: a\nY: b\r\n")).Text);
        await node.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData("/api/v1/files/data/a", "POST", "PATCH", "OPTIONS", "TRACE", "BREW", "PROPFIND")]
    [InlineData("/api/v1/status/data/a", "POST", "PUT", "DELETE", "PATCH", "HEADS")]
    [InlineData("/api/v1/list/data", "POST", "PUT", "DELETE")]
    [InlineData("/api/v1/mounts", "POST", "PATCH")]
    [InlineData("/api/v1/cache", "POST", "DELETE", "TRACE")]
    [InlineData("/api/v1/free", "GET", "PUT", "DELETE")]
    [InlineData("/api/v1/mkdir", "GET", "PUT", "DELETE")]
    [InlineData("/api/v1/move", "GET", "PUT", "DELETE")]
    [InlineData("/api/v1/copy", "GET", "PUT", "DELETE")]
    [InlineData("/metrics", "POST", "DELETE")]
    [InlineData("/health/live", "POST", "DELETE")]
    [InlineData("/", "POST", "DELETE", "OPTIONS")]
    public async Task Wrong_methods_are_answered_by_the_right_ones(string target, params string[] methods)
    {
        foreach (string method in methods)
        {
            RawAnswer answer = await node.AskAsync($"{method} {target} HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n");
            Assert.Equal(405, answer.Status);
            Assert.Contains("method-not-allowed", answer.Text, StringComparison.Ordinal);
            Assert.Matches("GET|POST", answer.Headers["Allow"]);
            Assert.DoesNotContain(method, answer.Headers["Allow"].Split(", "));
        }
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Conditions_of_any_content_are_read_or_ignored()
    {
        string[] values = ["", "\"", "W/", "*", ", , ,", "\"a\", \"", new string('"', 5000), "\"" + new string('x', 20_000) + "\"", "Thu, 99 Foo 9999 99:99:99 GMT", "-1"];
        foreach (string header in new[] { "If-Match", "If-None-Match", "If-Range", "If-Modified-Since", "If-Unmodified-Since", "Accept-Encoding", "Expect", "Upgrade", "Connection" })
        {
            foreach (string value in values)
                await node.TryAsync(Get + $"Range: bytes=0-1\r\n{header}: {value}\r\n\r\n");
        }
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Huge_lines_headers_and_bodies_are_refused_by_their_limits()
    {
        string mebibyte = new('x', CacheLimits.MiB);
        Assert.Equal(414, (await TooMuchAsync("/api/v1/files/data/" + mebibyte)).Status);
        Assert.Equal(414, (await TooMuchAsync("/api/v1/list/data?token=" + mebibyte)).Status);
        Assert.Equal(431, (await TooMuchAsync("/api/v1/files/data/a", $"X: {mebibyte}\r\n")).Status);
        Assert.Equal(431, (await TooMuchAsync("/api/v1/files/data/a", string.Concat(Enumerable.Range(0, 1000).Select(i => $"X-{i}: y\r\n")))).Status);
        Assert.Equal(405, (await node.AskTooMuchAsync(mebibyte[..8000] + " / HTTP/1.1\r\nHost: node\r\n\r\n")).Status);
        Assert.Equal(413, (await node.AskTooMuchAsync(Free + $"Content-Length: {mebibyte.Length}\r\n\r\n")).Status);
        Assert.Equal(413, (await node.AskTooMuchAsync(Free + $"Content-Length: {long.MaxValue}\r\n\r\n")).Status);
        Assert.Equal(413, (await node.AskTooMuchAsync(Free + $"Transfer-Encoding: chunked\r\n\r\n{"[".PadRight(70_000).Length:x}\r\n{"[".PadRight(70_000)}\r\n0\r\n\r\n")).Status);
        Assert.Equal(400, (await node.AskAsync(Free + $"Content-Length: 60000\r\n\r\n{new string('[', 60_000)}")).Status);
        await node.AssertUnharmedAsync();

        Task<RawAnswer> TooMuchAsync(string target, string headers = "") => node.AskTooMuchAsync($"GET {target} HTTP/1.1\r\nHost: node\r\n{headers}\r\n");
    }

    [Fact]
    public async Task Bodies_that_are_no_json_are_refused()
    {
        foreach (string body in new[] { "", "null", "[]", "{}", "{", "\"x\"", "{\"path\":1}", "{\"path\":null}", "{\"path\":\"/data/a\",\"path\":\"/\"}x", "{\"path\":\"/a\",\"x\":1}", "\xff\xfe{}", "\xEF\xBB\xBF" })
        {
            RawAnswer answer = await node.AskAsync(Free + $"Content-Length: {body.Length}\r\n\r\n{body}");
            Assert.Equal(400, answer.Status);
            Assert.Contains("invalid-argument", Encoding.UTF8.GetString(answer.Body), StringComparison.Ordinal);
        }
        await node.AssertUnharmedAsync();
    }
}
