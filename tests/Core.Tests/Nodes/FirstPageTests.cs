using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Nodes;

/// <summary>The first read of a file that nothing is known of: one request for status and page, where the under storage has such a request.</summary>
public sealed class FirstPageTests
{
    private const int Page = NodeUnderTest.PageSize;

    private static readonly CachePath Path = CachePath.Parse("/f");

    [Fact]
    public async Task A_small_file_costs_one_request_and_the_next_read_none()
    {
        await using NodeUnderTest node = await StartAsync();
        byte[] content = await node.PutAsync("f", 1000);

        Assert.Equal(content, await node.ReadAsync("/f"));
        await node.SettledAsync();
        Assert.Equal(content, await node.ReadAsync("/f"));

        Assert.Equal((1, 0, 0), Requests(node));
        Assert.Equal((0, 1, 1), (node.Counters.UfsStats.Value, node.Counters.Misses.Value, node.Counters.PagesFilled.Value));
        Assert.Equal(0, node.Source.OpenReaders);
    }

    [Fact]
    public async Task A_hundred_readers_cost_one_request()
    {
        await using NodeUnderTest node = await StartAsync();
        byte[] content = await node.PutAsync("f", 1000);

        foreach (byte[] read in await Task.WhenAll(await node.ReadTogetherAsync("/f", 100, UfsRequest.First)))
            Assert.Equal(content, read);

        Assert.Equal((1, 0, 0), Requests(node));
    }

    [Fact]
    public async Task The_rest_of_a_larger_file_is_read_once_and_ahead()
    {
        await using NodeUnderTest node = await StartAsync();
        byte[] content = await node.PutAsync("f", 40 * Page + 5);

        Assert.Equal(content, await node.ReadAsync("/f"));
        await node.SettledAsync();

        Assert.Equal(41, node.Counters.PagesFilled.Value);
        Assert.Equal(content.Length - Page, node.Source.Opened.Sum(o => o.Length));
        Assert.Contains(node.Source.Opened, o => o.Offset == Page);
        Assert.Equal(1, node.Source.Count(UfsRequest.First));
    }

    [Fact]
    public async Task The_first_byte_of_a_reader_who_came_for_all_begins_the_rest_of_the_chunk()
    {
        await using NodeUnderTest node = await StartAsync();
        await node.PutAsync("f", 3 * Page);
        CacheFile file = await node.Files.OpenAsync(Path, default);
        byte[] bytes = new byte[10];

        await file.ReadAsync(0, bytes, file.Ref.Length, default);
        await node.SettledAsync();

        Assert.Equal([("f", Page, 2L * Page)], node.Source.Opened);
    }

    [Fact]
    public async Task Who_asks_for_a_status_gets_no_page()
    {
        await using NodeUnderTest node = await StartAsync();
        await node.PutAsync("f", 1000);
        await node.Files.GetStatusAsync(Path, default);
        await node.PutAsync("g", 1000);
        await node.Files.OpenAsync(CachePath.Parse("/g"), StatusWish.Nothing, default);
        Assert.Equal((0, 2, 0), Requests(node));
    }

    [Fact]
    public async Task What_is_not_there_and_what_is_a_directory_is_told_without_another_request()
    {
        await using NodeUnderTest node = await StartAsync();
        await node.PutAsync("d/f", 1);
        Assert.Equal(CacheError.NotFound, (await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/none"))).Error);
        Assert.Equal(CacheError.IsDirectory, (await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/d"))).Error);
        Assert.Null((await node.Files.TryGetStatusAsync(CachePath.Parse("/none"), default)).Status);
        Assert.Equal((2, 0, 0), Requests(node));
    }

    [Fact]
    public async Task An_empty_file_is_asked_for_as_ever()
    {
        await using NodeUnderTest node = await StartAsync();
        await node.PutAsync("f", 0);
        Assert.Empty(await node.ReadAsync("/f"));
        Assert.Equal((1, 1, 0), Requests(node));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_invalidated_while_it_is_on_its_way_is_not_believed(bool recursive)
    {
        await using NodeUnderTest node = await StartAsync();
        byte[] old = await node.PutAsync("f", 1000, seed: 1);
        // A key of which the store has kept a page is asked for its status alone.
        node.Held.Hold(StoreStep.Commit);
        UfsHold hold = node.Source.Hold(UfsRequest.FirstAnswer);
        Task<byte[]> before = node.ReadAsync("/f");
        await hold.ArrivedAsync();
        byte[] changed = await node.PutAsync("f", 1000, seed: 2);
        await node.Node.InvalidateAsync(recursive ? CachePath.Root : Path, recursive);
        Task<byte[]> after = node.ReadAsync("/f");
        hold.Release();

        Assert.Equal(changed, await after);
        Assert.Equal(old, await before);
        Assert.Equal(changed, await node.ReadAsync("/f"));
        Assert.Equal(2, node.Source.Count(UfsRequest.First));
    }

    [Fact]
    public async Task What_is_freed_is_fetched_with_its_status_again()
    {
        await using NodeUnderTest node = await StartAsync();
        await node.PutAsync("f", 1000);
        await node.ReadAsync("/f");
        await node.SettledAsync();
        await node.Files.FreeAsync(Path, recursive: false, default);

        await node.ReadAsync("/f");

        Assert.Equal((2, 0, 0), Requests(node));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_cached_and_must_be_asked_for_again_is_not_fetched_with_its_status(bool strict)
    {
        await using NodeUnderTest node = await StartAsync(freshness: strict ? Freshness.Strict : Freshness.Bounded(TimeSpan.FromSeconds(10)));
        byte[] content = await node.PutAsync("f", 1000);
        await node.ReadAsync("/f");
        await node.SettledAsync();
        node.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(content, await node.ReadAsync("/f"));
        Assert.Equal((1, 1, 0), Requests(node));
    }

    [Fact]
    public async Task After_a_restart_what_is_in_the_store_is_not_fetched_for_its_status()
    {
        await using NodeUnderTest node = await StartAsync();
        byte[] content = await node.PutAsync("f", 1000);
        await node.ReadAsync("/f");
        await node.SettledAsync();
        await node.RestartAsync();
        await node.PutAsync("g", 1000);

        Assert.Equal(content, await node.ReadAsync("/f"));
        Assert.Equal((1, 1, 0), Requests(node));
        await node.Store.Directories[0].Swept;
        await node.ReadAsync("/g");
        Assert.Equal((2, 1, 0), Requests(node));
    }

    [Fact]
    public async Task Where_no_memory_is_free_the_page_is_not_asked_for()
    {
        await using NodeUnderTest node = await StartAsync(new CacheLimits { FillBufferBytes = 4 * Page });
        await node.PutAsync("large", 4 * Page);
        await node.PutAsync("f", 1000);
        UfsHold hold = node.Source.Hold(UfsRequest.Read);
        CacheFile large = node.Files.Open(await node.Files.GetStatusAsync(CachePath.Parse("/large"), default));
        Task<int> reading = large.ReadAsync(0, new byte[Page], 4 * Page, default).AsTask();
        await hold.ArrivedAsync();

        await node.Files.OpenAsync(Path, default);
        hold.Release();

        Assert.Equal(0, node.Source.Count(UfsRequest.First));
        Assert.True(await reading > 0);
    }

    [Fact]
    public async Task An_answer_that_finds_no_memory_is_closed_at_once_and_its_reader_waits_without_it()
    {
        await using NodeUnderTest node = await StartAsync(new CacheLimits { FillBufferBytes = 4 * Page });
        byte[] content = await node.PutAsync("f", 1000);
        await node.PutAsync("large", 4 * Page);
        CacheFile large = node.Files.Open(await node.Files.GetStatusAsync(CachePath.Parse("/large"), default));
        UfsHold answer = node.Source.Hold(UfsRequest.FirstAnswer), read = node.Source.Hold(UfsRequest.Read);
        Task<byte[]> reader = node.ReadAsync("/f");
        await answer.ArrivedAsync();
        Task<int> other = large.ReadAsync(0, new byte[Page], 4 * Page, default).AsTask();
        await read.ArrivedAsync();

        answer.Release();
        await node.Source.ClosedAsync();
        Assert.Equal(1, node.Source.OpenReaders);
        read.Release();

        Assert.Equal(content, await reader);
        Assert.True(await other > 0);
    }

    [Fact]
    public async Task An_answer_for_a_page_that_another_brings_is_closed()
    {
        await using NodeUnderTest node = await StartAsync();
        byte[] content = await node.PutAsync("f", 1000);
        node.Mounts = new MountTable(2, [.. node.Mounts.Mounts, new Mount(CachePath.Parse("/same"), node.Source, Freshness.Default)]);
        UfsHold hold = node.Source.Hold(UfsRequest.FirstAnswer);
        Task<byte[]> one = node.ReadAsync("/f"), other = node.ReadAsync("/same/f");
        await hold.ArrivedAsync();
        await hold.ArrivedAsync();
        hold.Release();

        Assert.Equal(content, await one);
        Assert.Equal(content, await other);
        await node.SettledAsync();
        await node.Source.ClosedAsync();
        await node.Source.ClosedAsync();
        Assert.Equal((1, 0), (node.Counters.PagesFilled.Value, node.Source.OpenReaders));
    }

    [Fact]
    public async Task A_reader_that_leaves_disturbs_nobody_and_leaves_nothing_open()
    {
        await using NodeUnderTest node = await StartAsync();
        byte[] content = await node.PutAsync("f", 1000);
        UfsHold hold = node.Source.Hold(UfsRequest.First);
        await node.LeaveAsync("/f", hold);
        hold.Release();

        await node.Source.ClosedAsync();
        await node.SettledAsync();
        Assert.Equal(content, await node.ReadAsync("/f"));
        Assert.Equal((1, 0, 0), Requests(node));
    }

    [Fact]
    public async Task An_answer_that_comes_after_everybodys_patience_is_closed()
    {
        await using NodeUnderTest node = await StartAsync();
        await node.PutAsync("f", 1000);
        node.Source.IgnoresCancellation = true;
        UfsHold hold = node.Source.Hold(UfsRequest.FirstAnswer);
        Task<byte[]> reader = node.ReadAsync("/f");
        await hold.ArrivedAsync();
        node.Time.Advance(node.Limits.FillProgressTimeout);

        Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => reader)).Error);
        hold.Release();
        await node.Source.ClosedAsync();
        Assert.Equal(0, node.Source.OpenReaders);
    }

    [Fact]
    public async Task A_body_that_fails_fails_those_who_wait_for_it_and_the_next_read_tries_again()
    {
        await using NodeUnderTest node = await StartAsync();
        byte[] content = await node.PutAsync("f", 1000);
        node.Source.ReadFailure = new CacheException(CacheError.Unavailable, "The store is down.");
        Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/f"))).Error);
        await node.SettledAsync();
        node.Source.ReadFailure = null;

        Assert.Equal(content, await node.ReadAsync("/f"));
        await node.SettledAsync();
        Assert.Equal(0, node.Source.OpenReaders);
    }

    [Fact]
    public async Task A_store_that_is_silent_is_not_asked_twice()
    {
        await using NodeUnderTest node = await StartAsync();
        await node.PutAsync("f", 1000);
        node.Source.FailNext(UfsRequest.First, 1, CacheError.Unavailable);

        Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/f"))).Error);

        Assert.Equal((1, 0, 0), Requests(node));
        Assert.Equal(1, node.Counters.UfsErrors.Value);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_a_first_page_is_not_answered_a_stale_status_is_given_if_the_mount_says_so(bool servesStale)
    {
        await using NodeUnderTest node = await StartAsync();
        node.Mounts = new MountTable(2, [new Mount(CachePath.Root, node.Source, Freshness.Default) { ServesStale = servesStale }]);
        await node.PutAsync("f", 1000);
        CacheFile known = await node.Files.OpenAsync(Path, default);
        await node.SettledAsync();
        // Its page goes, and what is believed of it stays until its time is over.
        await node.Node.DropAsync(known.Ref);
        node.Time.Advance(TimeSpan.FromDays(1));
        node.Source.FailNext(UfsRequest.First, 1, CacheError.Unavailable);

        Task<CacheFile> opening = node.Files.OpenAsync(Path, default).AsTask();
        if (servesStale)
            Assert.Equal(known.Status, (await opening).Status);
        else
            Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => opening)).Error);
        Assert.Equal((2, 0, 0), Requests(node));
        Assert.Equal(0, node.Source.OpenReaders);
    }

    /// <summary>
    /// Each reader that comes holds one of the source's two turns and wants memory, each fill that waits for a turn holds memory, and there is memory for two pages.
    /// </summary>
    [Fact]
    public async Task Answers_that_hold_the_sources_turns_and_fills_that_hold_the_memory_do_not_wait_for_each_other()
    {
        await using NodeUnderTest node = await StartAsync(new CacheLimits { FillBufferBytes = 4 * Page });
        var turns = new TurnsStorage(node.Source, 2);
        node.Mounts = new MountTable(2, [new Mount(CachePath.Root, turns, Freshness.Default)]);
        byte[][] contents = [.. await Task.WhenAll(Enumerable.Range(0, 64).Select(i => node.PutAsync($"f{i}", Page, seed: i)))];

        byte[][] read = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(() => node.ReadAsync($"/f{i}")))).WaitAsync(TimeSpan.FromMinutes(1));

        for (int i = 0; i < contents.Length; i++)
            Assert.Equal(contents[i], read[i]);
        await node.SettledAsync();
        Assert.Equal((2, 0), (turns.Free, node.Source.OpenReaders));
    }

    [Fact]
    public async Task What_must_not_be_kept_is_read_all_the_same()
    {
        await using NodeUnderTest node = await StartAsync();
        byte[] content = await node.PutAsync("f", 3 * Page);
        node.Source.RefusePublishing = true;
        Assert.Equal(content, await node.ReadAsync("/f"));
        await node.SettledAsync();
        Assert.Equal(content, await node.ReadAsync("/f"));
        Assert.Equal(0, node.Store.GetStatus()[0].Pages);
    }

    private static async Task<NodeUnderTest> StartAsync(CacheLimits? limits = null, Freshness? freshness = null)
    {
        NodeUnderTest node = await NodeUnderTest.StartAsync(limits, freshness);
        node.Source.OpensFirst = true;
        return node;
    }

    /// <summary>Statuses with pages, statuses alone, pages alone.</summary>
    private static (int First, int Statuses, int Opened) Requests(NodeUnderTest node) =>
        (node.Source.Count(UfsRequest.First), node.Source.Count(UfsRequest.Status), node.Source.Count(UfsRequest.Open));
}
