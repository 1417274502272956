using Orleans.Cache.Client;
using Orleans.Cache.Metadata;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Node.Tests.Process;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>Statuses and listings through the client.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class BrowseTests(SdkNodes nodes) : IClassFixture<SdkNodes>, IAsyncLifetime
{
    private CacheClient _client = null!;

    public async Task InitializeAsync() => _client = await nodes.ConnectAsync();

    public async Task DisposeAsync() => await _client.DisposeAsync();

    [Fact]
    public async Task A_status_says_what_is_there()
    {
        FileStatus file = await _client.GetStatusAsync("/data/medium");
        Assert.Equal((nodes.Medium.Length, "/data/medium", false), (file.Length, file.Path.Value, file.IsDirectory));
        Assert.Equal(File.GetLastWriteTimeUtc(Path.Combine(nodes.Source, "data/medium")), file.LastModified.UtcDateTime, TimeSpan.FromMilliseconds(1));
        Assert.NotEmpty(file.RequireFile().Version.Token);
        Assert.True((await _client.GetStatusAsync("/data/tree")).IsDirectory);
        Assert.True((await _client.GetStatusAsync("/")).IsDirectory);

        Assert.True(await _client.ExistsAsync("/data/empty"));
        Assert.True(await _client.ExistsAsync("/data/tree/a"));
        Assert.False(await _client.ExistsAsync("/data/tree/nothing"));
        Assert.False(await _client.ExistsAsync("/not-mounted"));
    }

    [Theory]
    [InlineData("/data/nothing", CacheError.NotFound)]
    [InlineData("/not-mounted/file", CacheError.NotFound)]
    [InlineData("/data/../etc", CacheError.InvalidPath)]
    [InlineData("", CacheError.InvalidPath)]
    public async Task What_is_not_there_or_no_path_is_said_clearly(string path, CacheError error)
    {
        CacheException refused = await Assert.ThrowsAsync<CacheException>(() => _client.GetStatusAsync(path));
        Assert.Equal(error, refused.Error);
        Assert.Equal(error, (await Assert.ThrowsAsync<CacheException>(() => _client.OpenReadAsync(path))).Error);
        if (error == CacheError.NotFound)
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_have_broken_HTTP_services_before_are_found_listed_and_read()
    {
        string[] listed = [.. (await ListAsync("/data/odd")).Select(e => e.Path.Name)];
        Assert.Equal(ServedDirectory.OddNames.Order(StringComparer.Ordinal), listed);
        foreach (string name in ServedDirectory.OddNames)
        {
            FileStatus status = await _client.GetStatusAsync("/data/odd/" + name);
            Assert.Equal(name, status.Path.Name);
            await using CacheReadStream stream = await _client.OpenReadAsync("/data/odd/" + name);
            byte[] content = new byte[stream.Length];
            await stream.ReadExactlyAsync(content);
            Assert.Equal(SdkNodes.ContentOf(name), content);
        }
    }

    [Fact]
    public async Task A_listing_gives_entries_in_order_and_descends_when_asked_to()
    {
        Assert.Equal(["/data/tree/a", "/data/tree/b"], Paths(await ListAsync("/data/tree")));
        Assert.Equal(["/data", "/rw", "/strict"], Paths(await ListAsync("/")));
        string[] all = ["/data/tree/a", "/data/tree/a/one", "/data/tree/b", "/data/tree/b/c", "/data/tree/b/c/two", "/data/tree/b/three"];
        List<FileStatus> recursive = await ListAsync("/data/tree", recursive: true);
        Assert.Equal(all, Paths(recursive));
        Assert.Equal([1, 2, 3], recursive.Where(e => !e.IsDirectory).Select(e => e.Length));
        Assert.Equal(6 + 1 + ServedDirectory.OddNames.Length, (await ListAsync("/", recursive: true)).Count(e =>
            e.Path.Value.StartsWith("/data/tree/", StringComparison.Ordinal) || e.Path.Value.StartsWith("/data/odd", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_listing_goes_on_after_any_of_its_entries()
    {
        foreach (bool recursive in (bool[])[false, true])
        {
            List<FileStatus> all = await ListAsync("/data/tree", recursive);
            for (int i = 0; i < all.Count; i++)
                Assert.Equal(Paths(all)[(i + 1)..], Paths(await ListAsync("/data/tree", recursive, all[i].Path.Value["/data/tree/".Length..])));
        }
        foreach (string name in ServedDirectory.OddNames)
            Assert.Equal(ServedDirectory.OddNames.Count(n => string.CompareOrdinal(n, name) > 0), (await ListAsync("/data/odd", startAfter: name)).Count);
    }

    [Theory]
    [InlineData("/data/nothing", CacheError.NotFound)]
    [InlineData("/data/medium", CacheError.NotADirectory)]
    public async Task What_cannot_be_listed_says_so_at_the_first_entry(string path, CacheError error)
    {
        foreach (bool recursive in (bool[])[false, true])
            Assert.Equal(error, (await Assert.ThrowsAsync<CacheException>(() => ListAsync(path, recursive))).Error);
    }

    [Fact]
    public async Task A_listing_may_be_left_in_the_middle_and_ends_with_its_token()
    {
        await foreach (FileStatus first in _client.ListAsync("/data/odd"))
        {
            Assert.NotNull(first);
            break;
        }
        using var ended = new CancellationTokenSource();
        await using IAsyncEnumerator<FileStatus> entries = _client.ListAsync("/data", recursive: true, cancellationToken: ended.Token).GetAsyncEnumerator();
        Assert.True(await entries.MoveNextAsync());
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await entries.MoveNextAsync())
            {
            }
        });
    }

    [Fact]
    public async Task A_directory_of_thousands_is_listed_once_and_whole()
    {
        const int Many = 5000;
        for (int i = 0; i < Many; i++)
            nodes.Write($"/strict/many/{i:00000}", []);

        List<FileStatus> all = await ListAsync("/strict/many");

        Assert.Equal(Enumerable.Range(0, Many).Select(i => $"{i:00000}"), all.Select(e => e.Path.Name));
    }

    [Fact]
    public async Task What_is_freed_is_gone_from_all_nodes()
    {
        byte[] content = new byte[3 * CacheLimits.MiB + 1];
        foreach (string name in (string[])["a", "b", "c", "d", "e"])
            nodes.Write($"/rw/free/{name}", content);
        foreach (string name in (string[])["a", "b", "c", "d", "e"])
            await nodes.Cluster[0].ReadUntilCachedAsync($"/rw/free/{name}");

        DroppedPages one = await _client.FreeAsync("/rw/free/a");
        Assert.Equal(new DroppedPages(1, 4, content.Length), one);
        CacheException refused = await Assert.ThrowsAsync<CacheException>(() => _client.FreeAsync("/rw/free"));
        Assert.Equal(CacheError.IsDirectory, refused.Error);
        Assert.Equal(new DroppedPages(4, 16, 4L * content.Length), await _client.FreeAsync("/rw/free", recursive: true));
        Assert.Equal(default, await _client.FreeAsync("/rw/free", recursive: true));
        Assert.Equal(CacheError.NotFound, (await Assert.ThrowsAsync<CacheException>(() => _client.FreeAsync("/not-mounted"))).Error);
    }

    private static string[] Paths(IEnumerable<FileStatus> entries) => [.. entries.Select(e => e.Path.Value)];

    private async Task<List<FileStatus>> ListAsync(string directory, bool recursive = false, string? startAfter = null)
    {
        var entries = new List<FileStatus>();
        await foreach (FileStatus entry in _client.ListAsync(directory, recursive, startAfter))
            entries.Add(entry);
        return entries;
    }
}
