using Orleans.Cache.UfsConnectors.Local;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.Local;

public sealed class LocalLinkTests : LocalFixture
{
    [Theory]
    [InlineData("../outside")]
    [InlineData("..")]
    [InlineData("../outside/file")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("/proc/self/exe")]
    [InlineData("/dev/null")]
    [InlineData("../outside/missing")]
    public async Task A_link_that_leads_out_is_refused_and_not_listed(string target)
    {
        Link("link", target);
        await AssertDeniedAsync("link");
        Assert.Equal(["file"], await NamesAsync(""));
    }

    [Fact]
    public async Task Nothing_behind_a_link_that_leads_out_is_reached()
    {
        Link("link", "../outside");
        Link("absolute", Outside);
        Link("roundabout", "../outside/../root/file");
        await AssertDeniedAsync("link", "/file");
        await AssertDeniedAsync("absolute", "/file");
        await AssertFailsAsync(CacheError.AccessDenied, () => PutAsync("absolute/new", [1]));
        await AssertFailsAsync(CacheError.AccessDenied, () => Storage.DeleteAsync("link/file", None));
        await AssertFailsAsync(CacheError.AccessDenied, () => Storage.RenameAsync("file", "link/file", None));
        await AssertFailsAsync(CacheError.AccessDenied, () => Storage.CreateDirectoryAsync("link/new", None));
        Assert.Equal("outside", File.ReadAllText(Path.Combine(Outside, "file")));
        Assert.Single(System.IO.Directory.GetFileSystemEntries(Outside));
        // By way of the outside and back: what it names lies inside, so it may be read.
        Assert.Equal("inside"u8.ToArray(), await ReadAllAsync("roundabout"));
    }

    [Fact]
    public async Task Links_inside_are_followed_relative_absolute_and_chained()
    {
        await PutAsync("real/deep/data", "data"u8.ToArray());
        Link("relative", "real/deep/data");
        Link("absolute", Path.Combine(Root, "real/deep/data"));
        Link("chained", "absolute");
        Link("directory", "real");
        Link("absolute-directory", Path.Combine(Root, "real"));
        Link("real/up", "../file");
        foreach (string key in (string[])["relative", "absolute", "chained", "directory/deep/data", "absolute-directory/deep/data"])
            Assert.Equal("data"u8.ToArray(), await ReadAllAsync(key));
        Assert.Equal("inside"u8.ToArray(), await ReadAllAsync("real/up"));
        Assert.Equal(["absolute", "absolute-directory", "chained", "directory", "file", "real", "relative"], await NamesAsync(""));
        Assert.Equal(["deep", "up"], await NamesAsync("absolute-directory"));
        Assert.True((await StatusAsync("directory")).IsDirectory);
    }

    [Fact]
    public async Task A_link_has_the_version_of_what_it_leads_to()
    {
        Link("link", "file");
        Assert.Equal((await StatusAsync("file")).Version, (await StatusAsync("link")).Version);
        System.IO.Directory.CreateDirectory(Path.Combine(Root, "new"));
        await PutAsync("new/file", "swapped"u8.ToArray());
        UfsStatus before = await StatusAsync("link");
        File.Delete(Path.Combine(Root, "link"));
        Link("link", "new/file");
        await AssertFailsAsync(CacheError.Changed, () => ReadAsync("link", before.Version, 0, before.Length));
        Assert.Equal("swapped"u8.ToArray(), await ReadAllAsync("link"));
    }

    [Fact]
    public async Task A_dangling_link_is_nothing_and_a_loop_is_refused()
    {
        Link("dangling", "missing");
        Link("loop", "pool");
        Link("pool", "loop");
        Assert.Null(await Storage.GetStatusAsync("dangling", None));
        await AssertFailsAsync(CacheError.NotFound, () => ReadAsync("dangling", null, 0, 0));
        await AssertDeniedAsync("loop");
        Assert.Equal(["file"], await NamesAsync(""));
    }

    [Fact]
    public async Task A_recursive_walk_ends_where_links_lead_in_circles()
    {
        await PutAsync("a/x/1", [1]);
        await PutAsync("b/y/2", [2]);
        Link("a/x/up", "..");
        Link("a/x/top", Root);
        Link("a/x/b", "../../b");
        Link("b/y/a", "../../a");
        Link("a/self", ".");
        int seen = await WalkAsync("");
        Assert.InRange(seen, 8, 50);
        Assert.Equal(["1", "b"], await NamesAsync("a/x"));
        Assert.Equal(["2", "a"], await NamesAsync("b/y"));
        Assert.Equal(["2"], await NamesAsync("a/x/b/y"));

        async Task<int> WalkAsync(string key)
        {
            int count = 0;
            await foreach (UfsStatus status in Storage.ListAsync(key, null, None))
                count += 1 + (status.IsDirectory ? await WalkAsync(status.Key) : 0);
            return count;
        }
    }

    [Fact]
    public async Task Changes_concern_the_link_and_not_its_target()
    {
        Link("link", "../outside/file");
        await Storage.RenameAsync("link", "other", None);
        await PutAsync("other", "new"u8.ToArray());
        Assert.Equal("new"u8.ToArray(), await ReadAllAsync("other"));
        Link("link", "../outside/file");
        await Storage.DeleteAsync("link", None);
        Assert.Equal("outside", File.ReadAllText(Path.Combine(Outside, "file")));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Swapping_a_directory_for_a_link_while_opening_never_gives_outside_bytes(bool beneath, bool absolute)
    {
        Directory.Write("root/d/file", "inside"u8);
        Link("link", absolute ? Outside : "../outside");
        var root = new LocalRoot(Root, beneath);
        using var blocking = new BlockingCalls();
        using var done = new CancellationTokenSource();
        Task swapper = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                Posix.Exchange(Root, "d", "link");
        });
        var writer = new LocalWriter(root, blocking);
        byte[] buffer = new byte[16];
        for (int i = 0; i < 3_000; i++)
        {
            try
            {
                using var located = root.Locate("d/file");
                if (located is null)
                    continue;
                await using LocalReader reader = LocalReader.Open(located, "d/file", null, 0, 1, Time.GetUtcNow(), blocking);
                await reader.ReadAsync(buffer, None);
                Assert.Equal((byte)'i', buffer[0]);
                writer.MakeDirectories("d/made").Dispose();
                writer.Delete("d/made");
            }
            catch (CacheException e) when (e.Error is CacheError.AccessDenied or CacheError.NotFound)
            {
                // The link was there at that moment.
            }
        }
        await done.CancelAsync();
        await swapper;
        Assert.Equal(["file"], System.IO.Directory.GetFileSystemEntries(Outside).Select(Path.GetFileName));
        Assert.Equal("outside", File.ReadAllText(Path.Combine(Outside, "file")));
    }
}
