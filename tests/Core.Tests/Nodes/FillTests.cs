using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Nodes;

/// <summary>The filler through the file API: one read of the source per page, whoever asks, leaves, or fails.</summary>
public sealed class FillTests
{
    private const int Page = NodeUnderTest.PageSize;

    [Fact]
    public async Task A_thousand_concurrent_cold_readers_cost_one_read_per_page()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 20 * Page + 123);

        foreach (byte[] read in await Task.WhenAll(await node.ReadTogetherAsync("/f", 1000, UfsRequest.Read)))
            Assert.Equal(content, read);

        Assert.Equal(21, node.Counters.PagesFilled.Value);
        Assert.Equal(content.Length, node.Source.Opened.Sum(r => r.Length));
        Assert.Equal(node.Source.Opened.Count, node.Source.Opened.Distinct().Count());
    }

    [Fact]
    public async Task A_second_read_does_not_touch_the_source()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("dir/f", 3 * Page + 1);
        await node.ReadAsync("/dir/f");
        await node.SettledAsync();
        int reads = node.Source.Opened.Count;

        Assert.Equal(content, await node.ReadAsync("/dir/f"));

        Assert.Equal(reads, node.Source.Opened.Count);
        Assert.Equal(content.Length, await node.Files.GetCachedBytesAsync((await node.Files.OpenAsync(CachePath.Parse("/dir/f"), default)).Ref, default));
    }

    [Fact]
    public async Task A_reader_gets_what_has_arrived_before_its_page_is_complete()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 4 * Page);
        node.Source.HoldReadsAfter = 1000;
        node.Source.Hold(UfsRequest.Read);
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        byte[] bytes = new byte[Page];

        int read = await file.ReadAsync(0, bytes, content.Length, default);

        Assert.Equal(1000, read);
        Assert.Equal(content[..1000], bytes[..1000]);
    }

    [Fact]
    public async Task A_reader_that_leaves_disturbs_nobody_and_the_fill_goes_on()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 2 * Page);
        UfsHold hold = node.Source.Hold(UfsRequest.Read);
        using var leaving = new CancellationTokenSource();
        Task<byte[]> leaver = node.ReadAsync("/f", cancellationToken: leaving.Token);
        Task<byte[]> stayer = node.ReadAsync("/f");
        await hold.ArrivedAsync();

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        hold.Release();

        Assert.Equal(content, await stayer);
        Assert.Single(node.Source.Opened);
    }

    [Fact]
    public async Task A_fill_whose_every_reader_left_still_fills_the_cache()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 2 * Page);
        UfsHold hold = node.Source.Hold(UfsRequest.Read);
        await node.LeaveAsync("/f", hold);

        hold.Release();
        await node.SettledAsync();

        Assert.Equal(content, await node.ReadAsync("/f"));
        Assert.Single(node.Source.Opened);
    }

    [Fact]
    public async Task An_error_reaches_every_reader_and_the_next_read_tries_again()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 2 * Page);
        node.Source.ReadFailure = new CacheException(CacheError.Unavailable, "The store is down.");

        foreach (Task<byte[]> reader in await node.ReadTogetherAsync("/f", 50, UfsRequest.Read))
            Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => reader)).Error);

        node.Source.ReadFailure = null;
        Assert.Equal(content, await node.ReadAsync("/f"));
    }

    [Fact]
    public async Task An_unexpected_exception_of_a_connector_is_an_error_of_the_under_storage_not_of_the_node()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.PutAsync("f", Page);
        node.Source.ReadFailure = new InvalidOperationException("bug");

        Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/f"))).Error);
    }

    [Fact]
    public async Task A_source_that_sends_nothing_fails_its_readers_in_bounded_time()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.PutAsync("f", Page);
        UfsHold hold = node.Source.Hold(UfsRequest.Read);
        Task<byte[]> reader = node.ReadAsync("/f");
        await hold.ArrivedAsync();

        node.Time.Advance(node.Limits.FillProgressTimeout);

        CacheException failure = await Assert.ThrowsAsync<CacheException>(() => reader);
        Assert.Equal(CacheError.Unavailable, failure.Error);
        Assert.Contains("30 s", failure.Message);
    }

    [Fact]
    public async Task What_may_not_be_published_is_read_past_the_cache()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 5 * Page);
        node.Source.RefusePublishing = true;

        Assert.Equal(content, await node.ReadAsync("/f"));
        await node.SettledAsync();

        Assert.Equal(0, node.Store.GetStatus().Sum(s => s.Pages));
        Assert.True(node.Counters.Bypasses.Value > 0);

        node.Source.RefusePublishing = false;
        node.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(content, await node.ReadAsync("/f"));
        await node.SettledAsync();
        Assert.Equal(5, node.Store.GetStatus().Sum(s => s.Pages));
    }

    [Fact]
    public async Task Small_reads_of_a_large_file_bypass_the_first_time_and_fill_the_second()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 10 * Page);

        Assert.Equal(content[100..200], await node.ReadAsync("/f", 100, 100));
        await node.SettledAsync();
        Assert.Equal((100L, 0L), (node.Source.Opened.Last().Length, node.Counters.PagesFilled.Value));
        Assert.Equal(content[100..200], await node.ReadAsync("/f", 100, 100));
        await node.SettledAsync();
        Assert.Equal(((long)Page, 1L), (node.Source.Opened.Last().Length, node.Counters.PagesFilled.Value));
    }

    [Fact]
    public async Task Neighbours_join_into_one_read_and_the_window_runs_ahead_in_parallel()
    {
        var limits = new CacheLimits { MaxFillBytes = 4 * Page, ReadAheadBytes = 16 * Page, FillBufferBytes = 64 * Page };
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(limits);
        byte[] content = await node.PutAsync("f", 40 * Page);
        UfsHold hold = node.Source.Hold(UfsRequest.Read);
        Task<byte[]> reader = node.ReadAsync("/f");
        await hold.ArrivedAsync();

        // Two pages a chunk: an eighth of the window. The first fill, and the window of seven more, when its first bytes have come.
        hold.Release();
        Assert.Equal(content, await reader);

        Assert.All(node.Source.Opened, r => Assert.Equal(2 * Page, r.Length));
        Assert.Equal(20, node.Source.Opened.Count);
    }

    [Fact]
    public async Task A_fill_that_a_free_overtakes_leaves_nothing_behind()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.PutAsync("d/f", 3 * Page);
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/d/f"), default);
        node.Source.HoldReadsAfter = Page + 10;
        UfsHold hold = node.Source.Hold(UfsRequest.Read);
        // One read: a reader that went on after the free would rightly fill anew.
        Assert.True(await file.ReadAsync(0, new byte[Page], 3 * Page, default) > 0);
        await hold.ArrivedAsync();

        await node.Files.FreeAsync(CachePath.Parse("/d"), recursive: true, default);
        hold.Release();
        await node.SettledAsync();

        Assert.Equal(3, node.Counters.PagesFilled.Value);
        Assert.Equal(0, node.Store.GetStatus().Sum(s => s.Pages));
    }

    [Fact]
    public async Task A_file_that_changed_says_so_and_the_next_open_has_the_new_version()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.PutAsync("f", 2 * Page, seed: 1);
        CacheFile old = await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        byte[] changed = await node.PutAsync("f", 2 * Page, seed: 2);

        CacheException failure = await Assert.ThrowsAsync<CacheException>(() => old.ReadAsync(0, new byte[10], 2 * Page, default).AsTask());

        Assert.Equal(CacheError.Changed, failure.Error);
        Assert.Equal(changed, await node.ReadAsync("/f"));
    }

    [Fact]
    public async Task Free_drops_every_version_and_says_what_it_dropped()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(freshness: Strict);
        await node.PutAsync("f", 2 * Page, seed: 1);
        await node.ReadAsync("/f");
        await node.PutAsync("f", Page, seed: 2);
        await node.ReadAsync("/f");
        await node.SettledAsync();

        DroppedPages dropped = await node.Files.FreeAsync(CachePath.Parse("/f"), recursive: false, default);

        Assert.Equal((2, 3), (dropped.Files, dropped.Pages));
    }

    [Fact]
    public async Task Fills_under_way_end_with_the_node()
    {
        NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.PutAsync("f", 2 * Page);
        UfsHold hold = node.Source.Hold(UfsRequest.Read);
        Task<byte[]> reader = node.ReadAsync("/f");
        await hold.ArrivedAsync();

        await node.Node.DisposeAsync();

        Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => reader)).Error);
        await node.DisposeAsync();
    }

    private static readonly Freshness Strict = Freshness.Strict;
}
