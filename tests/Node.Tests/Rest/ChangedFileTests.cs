using System.Net;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class ChangedFileTests
{
    private static readonly byte[] Old = RangeAnswerTests.Bytes(5 * RestHost.PageSize);
    private static readonly byte[] New = RangeAnswerTests.Bytes(2 * RestHost.PageSize + 1);

    [Fact]
    public async Task A_change_before_the_first_byte_starts_over_with_the_new_version()
    {
        await using RestHost host = await StartWithOutdatedBeliefAsync();
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("\"v2\"", response.Headers.ETag!.ToString());
        Assert.Equal(New, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_demanded_version_that_is_not_the_believed_one_is_asked_of_the_source()
    {
        await using RestHost host = await StartWithOutdatedBeliefAsync();
        using (HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f", ("If-Match", "\"v2\"")))
            Assert.Equal(New, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await host.GetAsync("/api/v1/files/data/later")).StatusCode);
        await host.PutAsync("later", New);
        string tag = $"\"{(await host.Data.GetStatusAsync("later", default))!.Version.Token}\"";
        using (HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/later", ("If-Match", tag)))
            Assert.Equal(New, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>The believed one, for the conditions of a request hold for the version that is answered, and one that nobody has.</summary>
    [Theory]
    [InlineData("\"v1\"")]
    [InlineData("\"v0\"")]
    public async Task A_demanded_version_that_the_source_does_not_have_is_refused_by_what_it_has(string demanded)
    {
        await using RestHost host = await StartWithOutdatedBeliefAsync();
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f", ("If-Match", demanded));
        await RestHost.ProblemAsync(response, 412, "precondition-failed");
        Assert.Equal("\"v2\"", response.Headers.ETag!.ToString());
        using HttpResponseMessage absent = await host.GetAsync("/api/v1/files/data/absent", ("If-Match", demanded));
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
    }

    [Fact]
    public async Task A_file_that_keeps_changing_is_409()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Old);
        host.Data.ChangeAfterBytes = 0;
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f");
        Assert.Contains("read it again", await RestHost.ProblemAsync(response, 409, "changed"), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("ETag"));
    }

    [Theory]
    [InlineData(null, 200)]
    [InlineData("bytes=0-9,100000-300000", 206)]
    public async Task A_change_after_bytes_were_sent_cuts_the_connection(string? range, int status)
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Old);
        host.Data.HoldReadsAfter = 2 * RestHost.PageSize;
        host.Data.ChangeAfterBytes = 2 * RestHost.PageSize;
        UfsHold hold = host.Data.Hold(UfsRequest.Read);
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f", range is null ? [] : [("Range", range)]);
        Assert.Equal(status, (int)response.StatusCode);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] head = new byte[100];
        await body.ReadExactlyAsync(head);
        await hold.ArrivedAsync();
        await host.PutAsync("f", New);
        hold.Release();

        using var rest = new MemoryStream();
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(rest));
        Assert.True(range is not null || Old.AsSpan().StartsWith([.. head, .. rest.ToArray()]));
        Assert.DoesNotContain(host.Log.Lines, l => l.Level >= LogLevel.Error);
    }

    /// <summary>The node believes in the old version while the source has the new one.</summary>
    private static async Task<RestHost> StartWithOutdatedBeliefAsync()
    {
        RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Old);
        await host.JsonAsync("/api/v1/status/data/f");
        await host.PutAsync("f", New);
        return host;
    }
}
