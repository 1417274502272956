using System.Net;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Forms of a Range header, answered as S3 answers them: one that is malformed or names several is as if it were not there.</summary>
public sealed class S3RangeTests : IAsyncLifetime
{
    private S3Host _host = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _host = await S3Host.StartAsync(keys: []);
        _http = new HttpClient { BaseAddress = _host.Url };
        await _http.PutAsync("data/ten", new StringContent("0123456789"));
        await _http.PutAsync("data/none", new StringContent(""));
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData("bytes=1-2", 206, "12")]
    [InlineData("bytes=8-", 206, "89")]
    [InlineData("bytes=8-99999999999999999999", 206, "89")]
    [InlineData("bytes=-3", 206, "789")]
    [InlineData("bytes=-99999999999999999999", 206, "0123456789")]
    [InlineData("bytes=5-2", 200, "0123456789")]
    [InlineData("bytes=0-0,2-3", 200, "0123456789")]
    [InlineData("bytes=one", 200, "0123456789")]
    [InlineData("lines=0-1", 200, "0123456789")]
    [InlineData("bytes=10-", 416, null)]
    [InlineData("bytes=-0", 416, null)]
    [InlineData("bytes=99999999999999999999-", 416, null)]
    [InlineData("bytes=0-0", 416, null, "none")]
    [InlineData("bytes=-1", 416, null, "none")]
    public async Task A_range_gives(string range, int status, string? content, string key = "ten")
    {
        using var get = new HttpRequestMessage(HttpMethod.Get, "data/" + key);
        get.Headers.TryAddWithoutValidation("Range", range);
        using HttpResponseMessage answer = await _http.SendAsync(get);
        string body = await answer.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        if (content is null)
            Assert.Contains("<Code>InvalidRange</Code>", body, StringComparison.Ordinal);
        else
            Assert.Equal(content, body);
    }
}
