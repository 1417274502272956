using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Core.Tests.Metadata;

public sealed class FreshnessTests
{
    private static readonly TimeSpan Minute = MetadataBench.Minute;

    [Fact]
    public async Task Bounded_believes_for_its_time_and_not_a_tick_longer()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("f");
        Assert.Equal("v1", await bench.GetAsync("/f"));
        bench.Source.Put("f");
        bench.Time.Advance(Minute - TimeSpan.FromTicks(1));
        Assert.Equal("v1", await bench.GetAsync("/f"));
        bench.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("v2", await bench.GetAsync("/f"));
        Assert.Equal(2, bench.Source.Stats);
    }

    [Fact]
    public async Task Validity_counts_from_the_start_of_the_request()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("f");
        GatedUnderStorage.Hold hold = bench.Source.HoldStat();
        Task<StatusAnswer> asked = bench.AskAsync("/f");
        await hold.Reached;
        bench.Time.Advance(TimeSpan.FromSeconds(20));
        hold.Release();
        Assert.Equal(TimeSpan.FromSeconds(40), (await asked).Remaining);
        bench.Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(TimeSpan.FromSeconds(25), (await bench.AskAsync("/f")).Remaining);
        Assert.Equal(1, bench.Source.Stats);
        bench.Time.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal(Minute, (await bench.AskAsync("/f")).Remaining);
        Assert.Equal(2, bench.Source.Stats);
    }

    [Fact]
    public async Task An_answer_that_took_longer_than_its_validity_may_be_used_once()
    {
        using var bench = new MetadataBench(Freshness.Bounded(TimeSpan.FromSeconds(5)));
        bench.Source.Put("f");
        GatedUnderStorage.Hold hold = bench.Source.HoldStat();
        Task<StatusAnswer> asked = bench.AskAsync("/f");
        await hold.Reached;
        bench.Time.Advance(TimeSpan.FromSeconds(6));
        hold.Release();
        Assert.Equal(TimeSpan.Zero, (await asked).Remaining);
        await bench.AskAsync("/f");
        Assert.Equal(2, bench.Source.Stats);
    }

    [Fact]
    public async Task Not_there_is_believed_too()
    {
        using var bench = new MetadataBench();
        Assert.Null(await bench.GetAsync("/f"));
        bench.Source.Put("f");
        Assert.Null(await bench.GetAsync("/f"));
        bench.Time.Advance(Minute);
        Assert.Equal("v1", await bench.GetAsync("/f"));
        Assert.Equal(2, bench.Source.Stats);
    }

    [Fact]
    public async Task Immutable_believes_what_exists_for_ever_and_what_does_not_for_a_minute()
    {
        using var bench = new MetadataBench(Freshness.Immutable);
        bench.Source.Put("f");
        Assert.Equal(TimeSpan.MaxValue, (await bench.AskAsync("/f")).Remaining);
        Assert.Equal(Minute, (await bench.AskAsync("/g")).Remaining);
        bench.Source.Put("f");
        bench.Source.Put("g");
        bench.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.Null(await bench.GetAsync("/g"));
        bench.Time.Advance(TimeSpan.FromDays(365));
        Assert.Equal("v1", await bench.GetAsync("/f"));
        Assert.Equal("v3", await bench.GetAsync("/g"));
    }

    [Fact]
    public async Task Immutable_lists_again_after_a_minute_because_names_may_appear()
    {
        using var bench = new MetadataBench(Freshness.Immutable);
        bench.Source.Put("d/a");
        Assert.Equal("a", await bench.ListAsync("/d"));
        bench.Source.Put("d/b");
        Assert.Equal("a", await bench.ListAsync("/d"));
        bench.Time.Advance(Minute);
        Assert.Equal("a b", await bench.ListAsync("/d"));
    }

    [Fact]
    public async Task Strict_asks_every_time_and_lets_nobody_believe_the_answer()
    {
        using var bench = new MetadataBench(Freshness.Strict);
        for (int i = 1; i <= 3; i++)
        {
            bench.Source.Put("f");
            StatusAnswer answer = await bench.AskAsync("/f");
            Assert.Equal($"v{i}", MetadataBench.Describe(answer.Status));
            Assert.Equal(TimeSpan.Zero, answer.Remaining);
            Assert.Equal("f", await bench.ListAsync("/"));
        }
        Assert.Equal(3, bench.Source.Stats);
        Assert.Equal(3, bench.Source.Lists);
        Assert.Equal(0, bench.Cache.StatusCount);
    }

    [Fact]
    public async Task A_step_of_the_wall_clock_shortens_or_prolongs_nothing()
    {
        // The manual clock ties timestamps to its wall clock, so this one keeps them apart as the system does.
        var clock = new SteppingClock();
        var source = new GatedUnderStorage("mem://source", clock);
        source.Put("f");
        var table = new MountTable(1, [new Mount(CachePath.Root, source, Freshness.Bounded(Minute))]);
        using var counters = new Telemetry.CacheCounters();
        var cache = new MetadataCache(() => table, CacheLimits.MiB, new CacheLimits(), counters, clock);
        await cache.GetAsync(CachePath.Parse("/f"), default);
        clock.Wall += TimeSpan.FromDays(1);
        Assert.Equal(Minute, (await cache.GetAsync(CachePath.Parse("/f"), default)).Remaining);
        clock.Wall -= TimeSpan.FromDays(2);
        clock.Ticks += Minute.Ticks;
        await cache.GetAsync(CachePath.Parse("/f"), default);
        Assert.Equal(2, source.Stats);
    }

    private sealed class SteppingClock : TimeProvider
    {
        public DateTimeOffset Wall { get; set; } = DateTimeOffset.UnixEpoch.AddYears(56);

        public long Ticks { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => Ticks;
    }
}
