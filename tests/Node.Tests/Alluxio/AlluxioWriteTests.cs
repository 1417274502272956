using System.Net;
using System.Text;
using System.Text.Json;
using Orleans.Cache.Gateway.Alluxio;

namespace Orleans.Cache.Node.Tests.Alluxio;

public sealed class AlluxioWriteTests
{
    [Fact]
    public async Task A_chunked_upload_replaces_the_whole_file_and_its_readers_see_it_at_once()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.DoAsync(AlluxioUrls.Of("chunk", host["new/file"], "&chunkSize=1048576"), "first and longer"u8.ToArray());
        Assert.Equal("first and longer"u8.ToArray(), await host.GetAsync(AlluxioUrls.Range(host["new/file"], 0, -1)));
        await host.DoAsync(AlluxioUrls.Of("chunk", host["new/file"], "&chunkSize=1048576"), "second"u8.ToArray());
        Assert.Equal("second"u8.ToArray(), await host.GetAsync(AlluxioUrls.Range(host["new/file"], 0, -1)));
    }

    [Fact]
    public async Task Directories_files_moves_copies_and_removals_go_through()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        await host.DoAsync(AlluxioUrls.Of("mkdir", host["dir"]));
        await host.DoAsync(AlluxioUrls.Of("touch", host["dir/empty"]));
        Assert.Empty(await host.GetAsync(AlluxioUrls.Of("chunk", host["dir/empty"])));
        await host.DoAsync(AlluxioUrls.Of("chunk", host["dir/a&b"]), "content"u8.ToArray());
        await host.DoAsync(AlluxioUrls.Of("touch", host["dir/a&b"]));
        await host.DoAsync(AlluxioUrls.FromTo("mv", host["dir/a&b"], host["dir/moved"]));
        await host.DoAsync(AlluxioUrls.FromTo("copy", host["dir"], host["copied"], "&recursive=True&recursiveAlias=False&forced=False&preserve=True"));
        Assert.Equal("content"u8.ToArray(), await host.GetAsync(AlluxioUrls.Of("chunk", host["copied/moved"])));
        await host.DoAsync(AlluxioUrls.Of("rm", host["dir/moved"], Options(recursive: false, onlyCache: false)));
        await host.ErrorAsync(500, HttpMethod.Get, AlluxioUrls.Info(host["dir/moved"]));
        Assert.Contains("not empty", await host.ErrorAsync(409, HttpMethod.Post, AlluxioUrls.Of("rm", host["copied"], Options(false, false))), StringComparison.Ordinal);
        await host.DoAsync(AlluxioUrls.Of("rm", host["copied"], Options(recursive: true, onlyCache: false)));
        Assert.Null(await host.Rest.Data.GetStatusAsync("copied", default));
    }

    [Fact]
    public async Task A_removal_from_the_cache_alone_deletes_nothing_and_needs_no_writable_mount()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync(writable: false);
        byte[] content = await host.PutAsync("file", 300_000);
        await host.GetAsync(AlluxioUrls.Of("chunk", host["file"]));
        await host.Rest.SettledAsync();
        Assert.Equal(100, (await InfoAsync(host, host["file"])).GetProperty("mInAlluxioPercentage").GetInt32());
        await host.DoAsync(AlluxioUrls.Of("rm", host["file"], Options(recursive: false, onlyCache: true)));
        Assert.Equal(0, (await InfoAsync(host, host["file"])).GetProperty("mInAlluxioPercentage").GetInt32());
        Assert.Equal(content, await host.GetAsync(AlluxioUrls.Of("chunk", host["file"])));
    }

    [Fact]
    public async Task What_cannot_be_written_is_refused_and_nothing_changes()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync(writable: false);
        await host.Rest.PutAsync("file", "there"u8.ToArray());
        string[] targets =
        [
            AlluxioUrls.Of("chunk", host["file"]), AlluxioUrls.Of("mkdir", host["d"]), AlluxioUrls.Of("touch", host["t"]),
            AlluxioUrls.FromTo("mv", host["file"], host["g"]), AlluxioUrls.FromTo("copy", host["file"], host["g"]),
            AlluxioUrls.Of("rm", host["file"], Options(false, false)),
        ];
        foreach (string target in targets)
            Assert.Contains("rw", await host.ErrorAsync(403, HttpMethod.Post, target), StringComparison.Ordinal);
        Assert.Contains("last", await host.ErrorAsync(501, HttpMethod.Post, AlluxioUrls.Page(host["file"], 0)), StringComparison.Ordinal);
        Assert.Equal("there"u8.ToArray(), await host.GetAsync(AlluxioUrls.Of("chunk", host["file"])));
    }

    [Fact]
    public async Task A_file_that_comes_in_the_pieces_of_a_buffer_is_refused_at_the_second()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync();
        byte[] piece = new byte[AlluxioOptions.FlushBytes];
        string target = AlluxioUrls.Of("chunk", host["file"], "&chunkSize=1048576");
        await host.DoAsync(target, piece);
        using HttpResponseMessage second = await host.PostAsync(target, "the rest"u8.ToArray());
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Contains("block_size", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(piece.Length, (await InfoAsync(host, host["file"])).GetProperty("mLength").GetInt64());

        // Whoever looked at it in between, or waited, replaces it.
        await host.DoAsync(target, piece);
        host.Rest.Time.Advance(TimeSpan.FromSeconds(11));
        await host.DoAsync(target, "new"u8.ToArray());
        Assert.Equal("new"u8.ToArray(), await host.GetAsync(AlluxioUrls.Of("chunk", host["file"])));
    }

    [Fact]
    public async Task The_guard_against_pieces_can_be_switched_off()
    {
        await using AlluxioHost host = await AlluxioHost.StartAsync(new AlluxioOptions { RewriteGuard = TimeSpan.Zero });
        string target = AlluxioUrls.Of("chunk", host["file"]);
        await host.DoAsync(target, new byte[AlluxioOptions.FlushBytes]);
        await host.DoAsync(target, "new"u8.ToArray());
        Assert.Equal("new"u8.ToArray(), await host.GetAsync(target));
    }

    private static async Task<JsonElement> InfoAsync(AlluxioHost host, string path) =>
        Assert.Single(JsonDocument.Parse(Encoding.UTF8.GetString(await host.GetAsync(AlluxioUrls.Info(path)))).RootElement.EnumerateArray());

    private static string Options(bool recursive, bool onlyCache) =>
        $"&recursive={(recursive ? "True" : "False")}&recursiveAlias=False&sync_parent_next_time=False&remove_unchecked_option=False"
        + $"&remove_alluxio_only={(onlyCache ? "True" : "False")}&delete_mount_point=False";
}
