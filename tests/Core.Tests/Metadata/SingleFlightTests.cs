using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Metadata;

public sealed class SingleFlightTests
{
    [Fact]
    public async Task A_thousand_concurrent_askers_cause_one_stat()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("f");
        GatedUnderStorage.Hold hold = bench.Source.HoldStat();
        Task<string?>[] askers = [.. Enumerable.Range(0, 1000).Select(_ => Task.Run(() => bench.GetAsync("/f")))];
        await hold.Reached;
        hold.Release();
        Assert.All(await Task.WhenAll(askers), version => Assert.Equal("v1", version));
        Assert.Equal(1, bench.Source.Stats);
        Assert.Equal(1, bench.Counters.UfsStats.Value);
    }

    [Fact]
    public async Task Concurrent_listings_share_one_request()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("d/a");
        GatedUnderStorage.Hold hold = bench.Source.HoldList();
        Task<string>[] askers = [.. Enumerable.Range(0, 100).Select(_ => Task.Run(() => bench.ListAsync("/d")))];
        await hold.Reached;
        hold.Release();
        Assert.All(await Task.WhenAll(askers), names => Assert.Equal("a", names));
        Assert.Equal(1, bench.Source.Lists);
    }

    [Fact]
    public async Task Who_leaves_cancels_nobody_even_where_he_came_first()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("f");
        GatedUnderStorage.Hold hold = bench.Source.HoldStat();
        using var leaving = new CancellationTokenSource();
        Task<StatusAnswer> first = bench.AskAsync("/f", leaving.Token);
        await hold.Reached;
        Task<string?> second = bench.GetAsync("/f");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);
        hold.Release();
        Assert.Equal("v1", await second);
        Assert.Equal(1, bench.Source.Stats);
    }

    [Fact]
    public async Task A_failure_reaches_all_who_wait_and_is_forgotten()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("f");
        GatedUnderStorage.Hold hold = bench.Source.HoldStat();
        Task<string?>[] askers = [.. Enumerable.Range(0, 10).Select(_ => bench.GetAsync("/f"))];
        await hold.Reached;
        hold.Fail(new CacheException(CacheError.Unavailable, "The storage is away."));
        foreach (Task<string?> asker in askers)
            Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => asker)).Error);
        Assert.Equal("v1", await bench.GetAsync("/f"));
        Assert.Equal(2, bench.Source.Stats);
        Assert.Equal(1, bench.Counters.UfsErrors.Value);
    }

    [Theory]
    [InlineData(CacheError.NotFound)]
    [InlineData(CacheError.NotADirectory)]
    public async Task A_path_below_a_file_is_not_there_however_the_connector_says_it(CacheError error)
    {
        using var bench = new MetadataBench();
        GatedUnderStorage.Hold hold = bench.Source.HoldStat();
        Task<string?> asked = bench.GetAsync("/f/x");
        await hold.Reached;
        hold.Fail(new CacheException(error, "No."));
        Assert.Null(await asked);
        Assert.Equal(0, bench.Counters.UfsErrors.Value);
    }

    [Fact]
    public async Task A_strict_read_joins_only_requests_that_started_after_it_arrived()
    {
        using var bench = new MetadataBench(Freshness.Strict);
        bench.Source.Put("f");
        GatedUnderStorage.Hold running = bench.Source.HoldStat();
        GatedUnderStorage.Hold queued = bench.Source.HoldStat();
        Task<string?> first = bench.GetAsync("/f");
        await running.Reached;
        bench.Source.Put("f");
        // All of these arrive while the first request runs: it may have read before they came.
        Task<string?>[] later = [.. Enumerable.Range(0, 50).Select(_ => bench.GetAsync("/f"))];
        Assert.Equal(1, bench.Source.Stats);
        running.Release();
        Assert.Equal("v1", await first);
        await queued.Reached;
        bench.Source.Put("f");
        // These arrive while the second one runs.
        Task<string?>[] last = [.. Enumerable.Range(0, 50).Select(_ => bench.GetAsync("/f"))];
        queued.Release();
        Assert.All(await Task.WhenAll(later), version => Assert.Equal("v2", version));
        Assert.All(await Task.WhenAll(last), version => Assert.Equal("v3", version));
        Assert.Equal(3, bench.Source.Stats);
    }

    [Fact]
    public async Task A_strict_listing_joins_only_requests_that_started_after_it_arrived()
    {
        using var bench = new MetadataBench(Freshness.Strict);
        bench.Source.Put("a");
        GatedUnderStorage.Hold running = bench.Source.HoldList();
        Task<string> first = bench.ListAsync("/");
        await running.Reached;
        bench.Source.Put("b");
        Task<string>[] later = [.. Enumerable.Range(0, 10).Select(_ => bench.ListAsync("/"))];
        running.Release();
        Assert.Equal("a", await first);
        Assert.All(await Task.WhenAll(later), names => Assert.Equal("a b", names));
        Assert.Equal(2, bench.Source.Lists);
    }

    [Fact]
    public async Task A_bounded_read_does_not_join_a_request_that_is_older_than_it_may_believe()
    {
        using var bench = new MetadataBench(Freshness.Bounded(TimeSpan.FromSeconds(5)));
        bench.Source.Put("f");
        GatedUnderStorage.Hold slow = bench.Source.HoldStat();
        Task<string?> first = bench.GetAsync("/f");
        await slow.Reached;
        bench.Time.Advance(TimeSpan.FromSeconds(4));
        Task<string?> joins = bench.GetAsync("/f");
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        bench.Source.Put("f");
        Task<string?> waits = bench.GetAsync("/f");
        slow.Release();
        Assert.Equal("v1", await first);
        Assert.Equal("v1", await joins);
        Assert.Equal("v2", await waits);
    }

    [Fact]
    public async Task A_storage_that_never_answers_is_unavailable_and_does_not_hold_the_path()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("f");
        GatedUnderStorage.Hold stat = bench.Source.HoldStat();
        GatedUnderStorage.Hold list = bench.Source.HoldList();
        Task<string?> asked = bench.GetAsync("/f");
        Task<string> listed = bench.ListAsync("/");
        await Task.WhenAll(stat.Reached, list.Reached);
        bench.Time.Advance(bench.Limits.FillProgressTimeout);
        Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => asked)).Error);
        Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => listed)).Error);
        Assert.Equal(2, bench.Counters.UfsErrors.Value);
        Assert.Equal("v1", await bench.GetAsync("/f"));
        Assert.Equal("f", await bench.ListAsync("/"));
    }

    [Fact]
    public async Task A_caller_that_has_left_already_starts_nothing()
    {
        using var bench = new MetadataBench();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.AskAsync("/f", new CancellationToken(canceled: true)));
        Assert.Equal(0, bench.Source.Stats);
    }

    [Fact]
    public async Task Hits_are_counted_complete_synchronously_and_allocate_nothing()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("a/rather/deep/path/as/datasets/have/them/n01440764_10026.JPEG");
        var path = CachePath.Parse("/a/rather/deep/path/as/datasets/have/them/n01440764_10026.JPEG");
        await bench.Cache.GetAsync(path, default);
        for (int i = 0; i < 200; i++)
        {
            ValueTask<StatusAnswer> answer = bench.Cache.GetAsync(path, default);
            Assert.True(answer.IsCompletedSuccessfully);
            await answer;
        }
        int hits = 200;
        Assert.Equal(0, Allocations.Of(async () =>
        {
            for (int i = 0; i < 1000; i++, hits++)
                await bench.Cache.GetAsync(path, default);
        }));
        Assert.Equal(hits, bench.Counters.StatusHits.Value);
        Assert.Equal(1, bench.Source.Stats);
    }
}
