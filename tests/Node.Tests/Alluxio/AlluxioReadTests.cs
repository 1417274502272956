using System.Net;
using System.Text;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Alluxio;

public sealed class AlluxioReadTests
{
    private const int Page = CacheLimits.MiB;

    [Fact]
    public async Task Pages_of_a_mebibyte_are_read_until_one_is_short_or_empty()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        byte[] content = await host.PutAsync("file", 2 * Page + 17);
        Assert.Equal(content[..Page], await host.GetAsync(AlluxioUrls.Page(host["file"], 0)));
        Assert.Equal(content[Page..(2 * Page)], await host.GetAsync(AlluxioUrls.Page(host["file"], 1)));
        Assert.Equal(content[(2 * Page)..], await host.GetAsync(AlluxioUrls.Page(host["file"], 2)));
        Assert.Empty(await host.GetAsync(AlluxioUrls.Page(host["file"], 3)));
        Assert.Empty(await host.GetAsync(AlluxioUrls.Page(host["file"], long.MaxValue)));
        Assert.Equal(content[(Page + 10)..(Page + 30)], await host.GetAsync(AlluxioUrls.PagePart(host["file"], 1, 10, 20)));
        Assert.Equal(content[(2 * Page + 10)..], await host.GetAsync(AlluxioUrls.PagePart(host["file"], 2, 10, 2000)));
    }

    [Fact]
    public async Task The_oldest_clients_name_a_file_by_its_id_alone_once_they_asked_for_it()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        byte[] content = await host.PutAsync("dir/file", 1000);
        Assert.Contains("/v1/info", await host.ErrorAsync(500, HttpMethod.Get, AlluxioUrls.BarePage(host["dir/file"], 0)), StringComparison.Ordinal);
        await host.GetAsync(AlluxioUrls.Files(host["dir"]));
        Assert.Equal(content, await host.GetAsync(AlluxioUrls.BarePage(host["dir/file"], 0)));
        Assert.Equal(content[5..10], await host.GetAsync(AlluxioUrls.BarePage(host["dir/file"], 0, "?offset=5&length=5")));
        await host.GetAsync(AlluxioUrls.Info("/data/dir/file"));
        Assert.Equal(content, await host.GetAsync(AlluxioUrls.BarePage("/data/dir/file", 0)));
    }

    [Fact]
    public async Task Ranges_are_clipped_at_the_end_and_a_negative_length_means_the_rest()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        byte[] content = await host.PutAsync("file", 100_000);
        Assert.Equal(content[10..20], await host.GetAsync(AlluxioUrls.Range(host["file"], 10, 10)));
        Assert.Equal(content[99_990..], await host.GetAsync(AlluxioUrls.Range(host["file"], 99_990, 1000)));
        Assert.Empty(await host.GetAsync(AlluxioUrls.Range(host["file"], 100_000, 1)));
        Assert.Equal(content[7..], await host.GetAsync(AlluxioUrls.Range(host["file"], 7, -1)));
        Assert.Equal(content, await host.GetAsync(AlluxioUrls.Of("chunk", host["file"], "&chunkSize=1048576")));
        Assert.Equal(content[..1024], await host.GetAsync(AlluxioUrls.Of("head", host["file"])));
        Assert.Equal(content[..5], await host.GetAsync(AlluxioUrls.Of("head", host["file"], "&numOfBytes=5")));
        Assert.Equal(content[^1024..], await host.GetAsync(AlluxioUrls.Of("tail", host["file"])));
        Assert.Equal(content, await host.GetAsync(AlluxioUrls.Of("tail", host["file"], "&numOfBytes=200000")));
        Assert.Contains("offset", await host.ErrorAsync(400, HttpMethod.Get, AlluxioUrls.Range(host["file"], -1, 10)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("a+b")]
    [InlineData("100%")]
    [InlineData("a%20b")]
    [InlineData("a&b=c&d")]
    [InlineData("q?x=1&y=3")]
    [InlineData("semi;colon,comma=x")]
    [InlineData("\u00fcn\u00ef-\u65e5\u672c")]
    public async Task Names_that_are_formatted_into_urls_are_read_as_their_id_says(string name)
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.Rest.PutAsync("a", "another"u8.ToArray());
        await host.Rest.PutAsync("a b", "another"u8.ToArray());
        await host.Rest.PutAsync("q", "another"u8.ToArray());
        byte[] content = Encoding.UTF8.GetBytes("content of " + name);
        await host.Rest.PutAsync(name, content);
        Assert.Equal(content, await host.GetAsync(AlluxioUrls.Page(host[name], 0)));
        Assert.Equal(content, await host.GetAsync(AlluxioUrls.Range(host[name], 0, -1)));
        Assert.Equal(content, await host.GetAsync(AlluxioUrls.Of("chunk", host[name], "&chunkSize=1048576")));
        await host.GetAsync(AlluxioUrls.Info(host[name]));
    }

    [Fact]
    public async Task A_name_that_arrives_mutilated_is_refused_unless_its_id_is_known()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.Rest.PutAsync("h", "another"u8.ToArray());
        await host.Rest.PutAsync("h#sh", "right"u8.ToArray());
        // What follows a '#' never leaves the client.
        string target = $"/v1/range/{AlluxioUrls.IdOf(host["h#sh"])}?ufsFullPath={host["h"]}";
        Assert.Contains("SHA-256", await host.ErrorAsync(400, HttpMethod.Get, target), StringComparison.Ordinal);
        await host.GetAsync(AlluxioUrls.Info(host["h#sh"]));
        Assert.Equal("right"u8.ToArray(), await host.GetAsync(target));
    }

    [Fact]
    public async Task Answers_name_their_version_and_heed_conditions()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.PutAsync("file", 2 * Page);
        using HttpResponseMessage first = await host.Rest.GetAsync(AlluxioUrls.Page(host["file"], 0));
        Assert.Equal("\"v1\"", first.Headers.ETag!.Tag);
        await host.PutAsync("file", 2 * Page, seed: 2);
        host.Rest.Time.Advance(TimeSpan.FromMinutes(2));
        using HttpResponseMessage other = await host.Rest.GetAsync(AlluxioUrls.Page(host["file"], 1), ("If-Match", first.Headers.ETag.Tag));
        Assert.Equal(HttpStatusCode.PreconditionFailed, other.StatusCode);
        using HttpResponseMessage newer = await host.Rest.GetAsync(AlluxioUrls.Page(host["file"], 1));
        Assert.Equal("\"v2\"", newer.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task A_demanded_version_that_is_not_the_believed_one_is_asked_of_the_source()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.PutAsync("file", Page);
        await host.GetAsync(AlluxioUrls.Page(host["file"], 0));
        byte[] changed = await host.PutAsync("file", Page, seed: 2);
        using HttpResponseMessage answer = await host.Rest.GetAsync(AlluxioUrls.Page(host["file"], 0), ("If-Match", "\"v2\""));
        Assert.Equal(changed, await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_page_in_the_middle_waits_for_a_source_that_fails_for_a_moment_and_a_first_one_does_not()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        byte[] content = await host.PutAsync("file", 2 * Page);
        await host.GetAsync(AlluxioUrls.Info(host["file"]));
        host.Rest.Data.ReadFailure = new CacheException(CacheError.Unavailable, "down");
        Assert.Equal("down", await host.ErrorAsync(503, HttpMethod.Get, AlluxioUrls.Page(host["file"], 0)));

        host.Rest.Data.ReadFailure = new CacheException(CacheError.Unavailable, "down");
        int before = host.Rest.Data.Count(UfsRequest.Read);
        Task<byte[]> second = host.GetAsync(AlluxioUrls.Page(host["file"], 1));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (host.Rest.Data.Count(UfsRequest.Read) == before)
            await pause.WaitForNextTickAsync();
        host.Rest.Data.ReadFailure = null;
        while (!second.IsCompleted)
        {
            host.Rest.Time.Advance(AlluxioOptions.PagePause);
            await pause.WaitForNextTickAsync();
        }
        Assert.Equal(content[Page..], await second);
    }

    [Fact]
    public async Task The_page_size_is_what_the_operator_says()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync(new AlluxioOptions { PageSize = 128 * CacheLimits.KiB });
        byte[] content = await host.PutAsync("file", 200 * CacheLimits.KiB);
        Assert.Equal(content[(128 * CacheLimits.KiB)..], await host.GetAsync(AlluxioUrls.Page(host["file"], 1)));
    }

    [Fact]
    public async Task An_id_that_is_none_is_refused()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        foreach (string id in (string[])["1", new string('g', 64), new string('a', 63)])
            Assert.Contains("SHA-256", await host.ErrorAsync(400, HttpMethod.Get, $"/v1/range/{id}?ufsFullPath=/data/x"), StringComparison.Ordinal);
    }
}
