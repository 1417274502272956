using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Identity;
using Orleans.Cache.Loading;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Loading;

public sealed class LoadJobsTests
{
    private const int Page = NodeUnderTest.PageSize;

    [Fact]
    public async Task A_tree_is_loaded_as_a_whole_and_read_without_its_source()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync();
        byte[] large = await load.Node.PutAsync("d/large", 300 * Page + 17);
        byte[] small = await load.Node.PutAsync("d/e/f/small", 100, seed: 2);
        await load.Node.PutAsync("d/empty", 0);
        await load.Node.PutAsync("beside", 5);

        LoadProgress ended = await load.LoadAsync("/d");
        Assert.Equal((LoadState.Succeeded, 3, 3, 0), (ended.State, ended.FilesFound, ended.FilesDone, ended.FilesFailed));
        Assert.Equal(large.Length + small.Length, ended.BytesFound);
        Assert.Equal((ended.BytesFound, ended.BytesFound), (ended.BytesDone, ended.BytesLoaded));
        Assert.Empty(ended.Errors);
        Assert.Equal(0, await load.CachedAsync("/beside"));

        int opened = load.Node.Source.Count(UfsRequest.Open);
        Assert.Equal(large, await load.Node.ReadAsync("/d/large"));
        Assert.Equal(small, await load.Node.ReadAsync("/d/e/f/small"));
        Assert.Equal(opened, load.Node.Source.Count(UfsRequest.Open));
    }

    [Fact]
    public async Task What_is_cached_is_not_fetched_again()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync();
        await load.Node.PutAsync("f", 10 * Page);
        await load.Node.ReadAsync("/f", 3 * Page, 2 * Page);
        await load.Node.SettledAsync();
        long fetched = await load.CachedAsync("/f");
        Assert.InRange(fetched, 2 * Page, 9 * Page);

        LoadProgress first = await load.LoadAsync("/f");
        Assert.Equal((LoadState.Succeeded, 10 * Page, 10 * Page - fetched), (first.State, first.BytesDone, first.BytesLoaded));
        LoadProgress again = await load.LoadAsync("/f");
        Assert.Equal((LoadState.Succeeded, 10 * Page, 0), (again.State, again.BytesDone, again.BytesLoaded));
        Assert.Equal(10, load.Node.Counters.PagesFilled.Value);
    }

    [Fact]
    public async Task A_file_of_no_bytes_succeeds()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync();
        await load.Node.PutAsync("empty", 0);
        LoadProgress ended = await load.LoadAsync("/empty");
        Assert.Equal((LoadState.Succeeded, 1, 0), (ended.State, ended.FilesDone, ended.BytesFound));
    }

    [Fact]
    public async Task A_path_that_is_not_there_fails_and_says_so()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync();
        LoadProgress ended = await load.LoadAsync("/none");
        Assert.Equal((LoadState.Failed, 0), (ended.State, ended.FilesFound));
        Assert.Contains("'/none' does not exist", Assert.Single(ended.Errors), StringComparison.Ordinal);
        Assert.Null(load.Jobs.Find(CachePath.Parse("/other")));
    }

    [Fact]
    public async Task A_file_that_fails_is_counted_and_the_others_are_loaded()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync(new CacheLimits { LoadFilesInFlight = 1 });
        foreach (string name in new[] { "d/a", "d/b", "d/c" })
            await load.Node.PutAsync(name, 2 * Page);
        load.Node.Source.FailNext(UfsRequest.Open, 1, CacheError.Unavailable);
        LoadProgress ended = await load.LoadAsync("/d");
        Assert.Equal((LoadState.Failed, 3, 2, 1), (ended.State, ended.FilesFound, ended.FilesDone, ended.FilesFailed));
        Assert.Equal((6 * Page, 4 * Page), (ended.BytesFound, ended.BytesDone));
        Assert.Single(ended.Errors);
        Assert.Equal(LoadState.Succeeded, (await load.LoadAsync("/d")).State);
    }

    [Fact]
    public async Task A_job_gives_up_on_a_dead_source()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync(new CacheLimits { LoadFilesInFlight = 2, LoadFailuresInARow = 5 });
        for (int i = 0; i < 50; i++)
            await load.Node.PutAsync($"d/{i:d2}", 10);
        load.Node.Source.ReadFailure = new CacheException(CacheError.Unavailable, "The source is dead.");
        LoadProgress ended = await load.LoadAsync("/d");
        Assert.Equal(LoadState.Failed, ended.State);
        Assert.InRange(ended.FilesFailed, 5, 7);
        Assert.Contains("The source is dead.", ended.Errors[0], StringComparison.Ordinal);
        Assert.Contains(ended.Errors, e => e.Contains("gave up", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_source_that_cannot_be_listed_fails_the_job()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync();
        await load.Node.PutAsync("d/f", 10);
        load.Node.Source.FailNext(UfsRequest.List, 1, CacheError.Unavailable);
        Assert.Equal(LoadState.Failed, (await load.LoadAsync("/d")).State);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_listed_keeps_nobody_from_loading_its_neighbours()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync();
        await load.Node.PutAsync("d/a/f", 10);
        await load.Node.PutAsync("d/b/f", 10);
        await load.Node.Files.ListAsync(CachePath.Parse("/d"), recursive: false, null, default).CountAsync();
        load.Node.Source.FailNext(UfsRequest.List, 1, CacheError.AccessDenied);
        LoadProgress ended = await load.LoadAsync("/d");
        Assert.Equal((LoadState.Failed, 1), (ended.State, ended.FilesDone));
        Assert.Single(ended.Errors);
    }

    [Fact]
    public async Task A_store_smaller_than_the_data_ends_the_job_and_is_named()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync(capacity: 16 * Page);
        for (int i = 0; i < 40; i++)
            await load.Node.PutAsync($"d/{i:d2}", Page);
        LoadProgress ended = await load.LoadAsync("/d");
        Assert.Equal(LoadState.Failed, ended.State);
        Assert.Contains("--store", ended.Errors[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_pushes_itself_out_is_noticed_at_the_end()
    {
        // 15.5 pages of 16: below the quota, above the mark at which eviction begins.
        await using LoadUnderTest load = await LoadUnderTest.StartAsync(capacity: 16 * Page);
        for (int i = 0; i < 31; i++)
            await load.Node.PutAsync($"d/{i:d2}", Page / 2);
        LoadProgress ended = await load.LoadAsync("/d");
        Assert.Equal((LoadState.Failed, 31), (ended.State, ended.FilesDone));
        Assert.Contains("left again to make room", Assert.Single(ended.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_changed_since_it_was_listed_is_loaded_as_it_is_now()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync();
        await load.Node.PutAsync("d/f", 3 * Page);
        await load.Node.Files.ListAsync(CachePath.Parse("/d"), recursive: false, null, default).CountAsync();
        byte[] now = await load.Node.PutAsync("d/f", 5 * Page, seed: 2);
        LoadProgress ended = await load.LoadAsync("/d");
        Assert.Equal((LoadState.Succeeded, 5 * Page, 5 * Page, 5 * Page), (ended.State, ended.BytesFound, ended.BytesDone, ended.BytesLoaded));
        Assert.Equal(now.Length, await load.CachedAsync("/d/f"));
    }

    [Fact]
    public async Task A_file_too_young_to_keep_is_waited_for_and_tried_once_more()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync();
        await load.Node.PutAsync("f", 2 * Page);
        load.Node.Source.RefusePublishing = true;
        int timers = load.Node.Time.Timers;
        load.Jobs.Submit(CachePath.Parse("/f"));
        // The fill has a timer of its own; once the fill has ended, what is there is the job's.
        await Until(() => load.Node.Source.Count(UfsRequest.Open) == 1);
        await load.Node.SettledAsync();
        await Until(() => load.Node.Time.Timers == timers + 1);
        load.Node.Source.RefusePublishing = false;
        load.Node.Time.Advance(TimeSpan.FromSeconds(3));
        await load.Jobs.EndedAsync();
        Assert.Equal((LoadState.Succeeded, 2 * Page), (load.Find("/f").State, load.Find("/f").BytesLoaded));
    }

    [Fact]
    public async Task A_job_is_joined_by_whoever_submits_its_path_and_stopped_once()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync();
        await load.Node.PutAsync("f", 2 * Page);
        UfsHold hold = load.Node.Source.Hold(UfsRequest.Open);
        CachePath path = CachePath.Parse("/f");
        load.Jobs.Submit(path);
        await hold.ArrivedAsync();
        Assert.Equal(LoadState.Running, load.Jobs.Submit(path).State);
        Assert.Single(load.Jobs.All);

        Assert.True(load.Jobs.Stop(path));
        Assert.Equal(LoadState.Stopped, load.Find("/f").State);
        Assert.False(load.Jobs.Stop(path));
        await load.Jobs.EndedAsync();
        Assert.Equal((LoadState.Stopped, 0), (load.Find("/f").State, load.Find("/f").FilesFailed));
        hold.Release();
        Assert.Equal(LoadState.Succeeded, (await load.LoadAsync("/f")).State);
        Assert.Single(load.Jobs.All);
    }

    [Fact]
    public async Task Jobs_and_what_is_remembered_of_them_are_bounded()
    {
        await using LoadUnderTest load = await LoadUnderTest.StartAsync(new CacheLimits { MaxLoadJobs = 2, MaxLoadJobsRemembered = 3 });
        foreach (string name in new[] { "a", "b", "c", "d" })
            await load.Node.PutAsync(name, 10);
        UfsHold hold = load.Node.Source.Hold(UfsRequest.Open);
        load.Jobs.Submit(CachePath.Parse("/a"));
        load.Jobs.Submit(CachePath.Parse("/b"));
        CacheException refused = Assert.Throws<CacheException>(() => load.Jobs.Submit(CachePath.Parse("/c")));
        Assert.Equal(CacheError.Overloaded, refused.Error);
        hold.Release();
        await load.Jobs.EndedAsync();
        foreach (string path in new[] { "/c", "/d" })
            Assert.Equal(LoadState.Succeeded, (await load.LoadAsync(path)).State);
        Assert.Equal(["/b", "/c", "/d"], load.Jobs.All.Select(j => j.Path.Value));
    }

    [Fact]
    public async Task Loads_leave_readers_most_of_the_fill_buffers()
    {
        var limits = new CacheLimits { FillBufferBytes = 16 * Page, MaxFillBytes = 2 * Page, ReadAheadBytes = 16 * Page };
        await using LoadUnderTest load = await LoadUnderTest.StartAsync(limits);
        await load.Node.PutAsync("large", 100 * Page);
        byte[] content = await load.Node.PutAsync("wanted", Page, seed: 2);
        UfsHold hold = load.Node.Source.Hold(UfsRequest.Read);
        load.Jobs.Submit(CachePath.Parse("/large"));
        await hold.ArrivedAsync();
        await Until(() => load.Node.Source.Count(UfsRequest.Open) == 2);
        Task<byte[]> read = load.Node.ReadAsync("/wanted");
        await Until(() => load.Node.Source.Count(UfsRequest.Open) == 3);
        hold.Release();
        Assert.Equal(content, await read);
        await load.Jobs.EndedAsync();
        Assert.Equal(LoadState.Succeeded, load.Find("/large").State);
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
            await Task.Yield();
    }
}
