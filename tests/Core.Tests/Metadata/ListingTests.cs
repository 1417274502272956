using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Core.Tests.Metadata;

public sealed class ListingTests
{
    private static readonly CacheLimits Small = new() { MaxEntriesPerListing = 3, MaxListedEntries = 20 };

    [Fact]
    public async Task Names_come_in_ordinal_order_with_files_and_directories_told_apart()
    {
        using var bench = new MetadataBench();
        foreach (string key in new[] { "b", "a-b", "a/x", "B", "é", "a", "a b", "10", "9" })
            bench.Source.Put("d/" + key, key.Length);
        bench.Source.Remove("d/a");
        List<FileStatus> entries = await bench.EntriesAsync("/d");
        Assert.Equal(["10", "9", "B", "a", "a b", "a-b", "b", "é"], entries.Select(e => e.Path.Name));
        Assert.Equal(["a"], entries.Where(e => e.IsDirectory).Select(e => e.Path.Name));
        FileRef file = entries[4].RequireFile();
        Assert.Equal(("d/a b", 3L, CacheLimits.MiB, "mem://source"), (file.Key, file.Length, file.PageSize, file.Identity.Uri));
        Assert.Equal((await bench.AskAsync("/d/a b")).Status, entries[4]);
    }

    [Fact]
    public async Task The_largest_directory_that_is_remembered_is_read_once()
    {
        using var bench = new MetadataBench(limits: new CacheLimits { MaxEntriesPerListing = 10, MaxListedEntries = 20 });
        for (int i = 0; i < 10; i++)
            bench.Source.Put($"d/n{i}");

        string first = await bench.ListAsync("/d");

        Assert.Equal(first, await bench.ListAsync("/d"));
        Assert.Equal(1, bench.Source.Lists);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public async Task A_listing_goes_on_after_any_name_also_one_that_is_not_there(int count)
    {
        using var bench = new MetadataBench(limits: Small);
        string[] names = [.. Enumerable.Range(0, count).Select(i => $"n{i * 2:00}")];
        foreach (string name in names)
            bench.Source.Put("d/" + name);
        for (int i = 0; i < count * 2 + 1; i++)
        {
            string startAfter = $"n{i:00}";
            Assert.Equal(string.Join(' ', names.Where(n => string.CompareOrdinal(n, startAfter) > 0)), await bench.ListAsync("/d", startAfter));
        }
        Assert.Equal(string.Join(' ', names), await bench.ListAsync("/d"));
        Assert.Equal("", await bench.ListAsync("/d", "z"));
    }

    [Fact]
    public async Task A_directory_up_to_the_limit_is_read_once_and_a_larger_one_streamed_each_time()
    {
        using var bench = new MetadataBench(limits: Small);
        foreach (string key in new[] { "s/1", "s/2", "s/3", "l/1", "l/2", "l/3", "l/4", "l/5" })
            bench.Source.Put(key);
        Assert.Equal("1 2 3", await bench.ListAsync("/s"));
        Assert.Equal("1 2 3", await bench.ListAsync("/s"));
        Assert.Equal(1, bench.Source.Lists);
        // The first listing of a large one reads the part up to the limit, then streams the rest.
        Assert.Equal("1 2 3 4 5", await bench.ListAsync("/l"));
        Assert.Equal(3, bench.Source.Lists);
        Assert.Equal("1 2 3 4 5", await bench.ListAsync("/l"));
        Assert.Equal(4, bench.Source.Lists);
        Assert.Equal("5", await bench.ListAsync("/l", "4"));
        Assert.Equal(5, bench.Source.Lists);
        Assert.Equal(5, bench.Counters.UfsLists.Value);
    }

    [Fact]
    public async Task A_listing_saves_the_stats_of_what_it_names_for_as_long_as_it_is_valid_itself()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("d/a");
        bench.Source.Put("d/b/c");
        GatedUnderStorage.Hold hold = bench.Source.HoldList();
        Task<string> listed = bench.ListAsync("/d");
        await hold.Reached;
        bench.Time.Advance(TimeSpan.FromSeconds(20));
        hold.Release();
        await listed;
        Assert.Equal(TimeSpan.FromSeconds(40), (await bench.AskAsync("/d/a")).Remaining);
        Assert.Equal("dir", await bench.GetAsync("/d/b"));
        Assert.Equal(0, bench.Source.Stats);
        bench.Time.Advance(TimeSpan.FromSeconds(40));
        await bench.GetAsync("/d/a");
        Assert.Equal(1, bench.Source.Stats);
    }

    [Fact]
    public async Task A_file_and_a_missing_path_are_refused_by_their_cache_path()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("d/f");
        CacheException file = await Assert.ThrowsAsync<CacheException>(() => bench.ListAsync("/d/f"));
        CacheException missing = await Assert.ThrowsAsync<CacheException>(() => bench.ListAsync("/d/g"));
        Assert.Equal((CacheError.NotADirectory, CacheError.NotFound), (file.Error, missing.Error));
        Assert.Contains("'/d/f'", file.Message, StringComparison.Ordinal);
        Assert.Contains("'/d/g'", missing.Message, StringComparison.Ordinal);
        bench.Source.Put("d/g/now");
        Assert.Equal("now", await bench.ListAsync("/d/g"));
    }

    [Fact]
    public async Task A_failing_listing_fails_all_who_wait_and_is_forgotten()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("d/f");
        GatedUnderStorage.Hold hold = bench.Source.HoldList();
        Task<string>[] waiting = [bench.ListAsync("/d"), bench.ListAsync("/d")];
        await hold.Reached;
        hold.Fail(new CacheException(CacheError.AccessDenied, "No."));
        foreach (Task<string> task in waiting)
            Assert.Equal(CacheError.AccessDenied, (await Assert.ThrowsAsync<CacheException>(() => task)).Error);
        Assert.Equal(1, bench.Counters.UfsErrors.Value);
        Assert.Equal("f", await bench.ListAsync("/d"));
    }

    [Fact]
    public async Task Names_that_the_namespace_cannot_hold_are_left_out()
    {
        using var bench = new MetadataBench();
        foreach (string key in new[] { "d/..", "d/.", "d/\ud800", "d/ok", "d/nul\0", "d/" + new string('x', 5000), "d/" })
            bench.Source.Put(key);
        Assert.Equal("ok", await bench.ListAsync("/d"));
    }

    [Fact]
    public async Task All_listings_together_stay_within_the_limit()
    {
        using var bench = new MetadataBench(limits: Small);
        for (int i = 0; i < 50; i++)
        {
            bench.Source.Put($"d{i}/a");
            bench.Source.Put($"d{i}/b");
            await bench.ListAsync($"/d{i}");
        }
        Assert.Equal(50, bench.Source.Lists);
        for (int i = 49; i >= 0; i--)
            await bench.ListAsync($"/d{i}");
        // Each counts 3 (two entries and itself): between one generation and both of 20 entries were still there.
        Assert.InRange(bench.Source.Lists, 50 + 50 - 6, 50 + 50 - 3);
    }
}
