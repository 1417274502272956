using System.Text;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class HostileTargetTests
{
    [Theory]
    [InlineData("/api/v1/files/data/../secret")]
    [InlineData("/api/v1/files/data/a/../b")]
    [InlineData("/api/v1/files/data/./b")]
    [InlineData("/api/v1/files/data/%2e%2e/secret")]
    [InlineData("/api/v1/files/data/.%2E/secret")]
    [InlineData("/api/v1/files/data/%2e/b")]
    [InlineData("/api/v1/files/..")]
    [InlineData("/api/v1/files/../cache")]
    [InlineData("/api/v1/files/../../../metrics")]
    [InlineData("http://localhost/api/v1/files/data/../b")]
    [InlineData("/api/v1/files/data/a%2Fb")]
    [InlineData("/api/v1/files/data/..%2fsecret")]
    [InlineData("/api/v1/files/data/%2e%2e%2fsecret")]
    [InlineData("/api/v1/files/data/b%")]
    [InlineData("/api/v1/files/data/b%4")]
    [InlineData("/api/v1/files/data/b%zz")]
    [InlineData("/api/v1/files/data/%FF%FE")]
    [InlineData("/api/v1/files/data/%C0%AE%C0%AE/secret")]
    [InlineData("/api/v1/files/data/%ED%A0%80")]
    [InlineData("/api/v1/%66iles/data/b")]
    public async Task Targets_that_mean_something_else_than_they_say_are_refused(string target)
    {
        await using RestHost host = await WithFilesAsync();
        RawHttp answer = await RawHttp.GetAsync(host.Port, target);
        Assert.Equal(400, answer.Status);
        Assert.Equal("application/problem+json", answer.Headers["Content-Type"]);
        Assert.Contains("\"error\":\"invalid-path\"", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/files/data/b%00")]
    [InlineData("/api/v1/files/data/\u00e9")]
    [InlineData("/api/v1/files/data/a\u0000b")]
    public async Task Targets_that_are_no_http_are_refused_by_the_server_itself(string target)
    {
        await using RestHost host = await WithFilesAsync();
        Assert.Equal(400, (await RawHttp.GetAsync(host.Port, target)).Status);
    }

    [Theory]
    [InlineData("/api/v1/files/data/a%20b", "a b")]
    [InlineData("/api/v1/files/data/a+b", "a+b")]
    [InlineData("/api/v1/files/data/a%2Bb", "a+b")]
    [InlineData("/api/v1/files/data/100%25", "100%")]
    [InlineData("/api/v1/files/data/a%252Fb", "a%2Fb")]
    [InlineData("/api/v1/files/data/%C3%A9%F0%9F%90%A6", "\u00e9\U0001F426")]
    [InlineData("/api/v1/files/data/...", "...")]
    [InlineData("/api/v1/files/data/.hidden-dot", ".hidden-dot")]
    [InlineData("/api/v1/files/data/back\\slash", "back\\slash")]
    [InlineData("/api/v1/files/data/q%3Fx", "q?x")]
    [InlineData("/api/v1/files/data/b?x=../../y", "b")]
    [InlineData("http://elsewhere:1/api/v1/files/data/b", "b")]
    [InlineData("/API/v1/Files/data/b", "b")]
    public async Task Names_are_decoded_exactly_once(string target, string key)
    {
        await using RestHost host = await WithFilesAsync();
        await host.PutAsync(key, Encoding.UTF8.GetBytes("content of " + key));
        string hostHeader = target.StartsWith("http", StringComparison.Ordinal) ? "elsewhere:1" : "localhost";
        RawHttp answer = await RawHttp.SendAsync(host.Port, $"GET {target} HTTP/1.1\r\nHost: {hostHeader}\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal("content of " + key, answer.Text);
    }

    [Fact]
    public async Task A_path_of_4096_bytes_is_served_and_a_longer_one_is_refused()
    {
        await using RestHost host = await WithFilesAsync();
        string key = new string('x', 2000) + "/" + new string('y', 4096 - "/data/".Length - 2001);
        await host.PutAsync(key, "long"u8.ToArray());
        string escaped = string.Concat(key.Select(c => c == '/' ? "/" : $"%{(int)c:X2}"));
        Assert.Equal("long", (await RawHttp.GetAsync(host.Port, "/api/v1/files/data/" + escaped)).Text);

        RawHttp longer = await RawHttp.GetAsync(host.Port, "/api/v1/files/data/" + key + "z");
        Assert.Equal(400, longer.Status);
        Assert.Contains("4096", longer.Text, StringComparison.Ordinal);
        Assert.Equal(414, (await RawHttp.GetAsync(host.Port, "/" + new string('z', 20_000))).Status);
    }

    [Fact]
    public async Task The_same_rules_hold_for_status_and_list()
    {
        await using RestHost host = await WithFilesAsync();
        foreach (string route in new[] { "status", "list" })
        {
            Assert.Equal(400, (await RawHttp.GetAsync(host.Port, $"/api/v1/{route}/data/a%2Fb")).Status);
            Assert.Equal(400, (await RawHttp.GetAsync(host.Port, $"/api/v1/{route}/data/../deep")).Status);
        }
    }

    private static async Task<RestHost> WithFilesAsync()
    {
        RestHost host = await RestHost.StartAsync();
        await host.PutAsync("b", "hidden"u8.ToArray());
        await host.PutAsync("a/b", "hidden"u8.ToArray());
        await host.PutAsync("secret", "hidden"u8.ToArray());
        return host;
    }
}
