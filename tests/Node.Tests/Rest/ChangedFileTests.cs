using System.Net;
using Microsoft.Extensions.Logging;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class ChangedFileTests
{
    private static readonly byte[] Old = RangeAnswerTests.Bytes(5 * MemoryNode.PageSize);
    private static readonly byte[] New = RangeAnswerTests.Bytes(2 * MemoryNode.PageSize + 1);

    [Fact]
    public async Task A_change_before_the_first_byte_starts_over_with_the_new_version()
    {
        await using RestHost host = await RestHost.StartAsync();
        host.Data.Put("f", Old);
        Swap(host, before: 0, times: 1);
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("\"v2\"", response.Headers.ETag!.ToString());
        Assert.Equal(New, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task The_conditions_of_a_request_hold_for_the_version_that_is_answered()
    {
        await using RestHost host = await RestHost.StartAsync();
        host.Data.Put("f", Old);
        Swap(host, before: 0, times: 1);
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f", ("If-Match", "\"v1\""));
        await RestHost.ProblemAsync(response, 412, "precondition-failed");
        Assert.Equal("\"v2\"", response.Headers.ETag!.ToString());
    }

    [Fact]
    public async Task A_file_that_keeps_changing_is_409()
    {
        await using RestHost host = await RestHost.StartAsync();
        host.Data.Put("f", Old);
        Swap(host, before: 0, times: int.MaxValue);
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f");
        Assert.Contains("read it again", await RestHost.ProblemAsync(response, 409, "changed"), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("ETag"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Range: bytes=0-9,100000-300000\r\n")]
    public async Task A_change_after_bytes_were_sent_cuts_the_connection(string range)
    {
        await using RestHost host = await RestHost.StartAsync();
        host.Data.Put("f", Old);
        Swap(host, before: 2 * MemoryNode.PageSize, times: 1);
        RawHttp raw = await RawHttp.GetAsync(host.Port, "/api/v1/files/data/f", range);
        Assert.False(raw.IsComplete);
        Assert.Contains(raw.Status, new[] { RawHttp.Nothing, range.Length == 0 ? 200 : 206 });
        Assert.True(range.Length > 0 || Old.AsSpan().StartsWith(raw.Body));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2 * MemoryNode.PageSize)]
    public async Task A_cut_answer_is_an_error_to_a_client(int before)
    {
        await using RestHost host = await RestHost.StartAsync();
        host.Data.Put("f", Old);
        Swap(host, before, times: 1);
        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using HttpResponseMessage cut = await host.GetAsync("/api/v1/files/data/f");
            await cut.Content.ReadAsByteArrayAsync();
        });
        Assert.DoesNotContain(host.Log.Lines, l => l.Level >= LogLevel.Error);
    }

    /// <summary>Replaces the file before reads at that offset or beyond, that many times.</summary>
    private static void Swap(RestHost host, long before, int times)
    {
        int left = times;
        host.Node.BeforeRead = (_, offset) =>
        {
            if (offset >= before && left-- > 0)
                host.Data.Put("f", New);
            return ValueTask.CompletedTask;
        };
    }
}
