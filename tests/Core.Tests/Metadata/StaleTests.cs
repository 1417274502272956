namespace Orleans.Cache.Core.Tests.Metadata;

/// <summary>What is told of a store that does not answer, where the mount says serve-stale.</summary>
public sealed class StaleTests
{
    private static readonly CacheException Dead = new(CacheError.Unavailable, "dead");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_believed_is_told_again_only_where_the_mount_says_so(bool servesStale)
    {
        using var bench = new MetadataBench(servesStale: servesStale);
        bench.Source.Put("dir/f");
        await bench.GetAsync("/dir/f");
        await bench.ListAsync("/dir");
        bench.Time.Advance(TimeSpan.FromDays(1));
        bench.Source.Failure = Dead;
        if (servesStale)
        {
            Assert.Equal("v1", await bench.GetAsync("/dir/f"));
            Assert.Equal("f", await bench.ListAsync("/dir"));
        }
        else
        {
            Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => bench.GetAsync("/dir/f"))).Error);
            Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => bench.ListAsync("/dir"))).Error);
        }
        Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => bench.GetAsync("/dir/never-asked"))).Error);
    }

    [Fact]
    public async Task The_store_is_asked_again_after_a_moment_and_believed_when_it_answers()
    {
        using var bench = new MetadataBench(servesStale: true);
        bench.Source.Put("f");
        await bench.GetAsync("/f");
        bench.Time.Advance(TimeSpan.FromMinutes(2));
        bench.Source.Failure = Dead;
        Assert.InRange((await bench.AskAsync("/f")).Remaining, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(5));
        int asked = bench.Source.Stats;
        await bench.GetAsync("/f");
        Assert.Equal(asked, bench.Source.Stats);
        bench.Source.Failure = null;
        bench.Source.Put("f");
        bench.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("v2", await bench.GetAsync("/f"));
    }

    [Fact]
    public async Task What_was_invalidated_is_told_no_more()
    {
        using var bench = new MetadataBench(servesStale: true);
        bench.Source.Put("f");
        await bench.GetAsync("/f");
        bench.Invalidate("/f");
        bench.Source.Failure = Dead;
        Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(() => bench.GetAsync("/f"))).Error);
    }

    [Theory]
    [InlineData(CacheError.Unavailable, true, false)]
    [InlineData(CacheError.Unavailable, false, true)]
    [InlineData(CacheError.Overloaded, false, true)]
    public async Task A_store_that_refuses_has_answered_and_one_that_is_silent_or_overloaded_has_not(CacheError error, bool isRefusal, bool isToldStale)
    {
        using var bench = new MetadataBench(servesStale: true);
        bench.Source.Put("f");
        await bench.GetAsync("/f");
        bench.Time.Advance(TimeSpan.FromMinutes(2));
        bench.Source.Failure = new CacheException(error, "no") { IsRefusal = isRefusal };
        if (isToldStale)
            Assert.Equal("v1", await bench.GetAsync("/f"));
        else
            Assert.Equal(error, (await Assert.ThrowsAsync<CacheException>(() => bench.GetAsync("/f"))).Error);
    }

    [Fact]
    public async Task Other_failures_are_answers()
    {
        using var bench = new MetadataBench(servesStale: true);
        bench.Source.Put("f");
        await bench.GetAsync("/f");
        bench.Time.Advance(TimeSpan.FromMinutes(2));
        bench.Source.Failure = new CacheException(CacheError.AccessDenied, "the credentials were taken away");
        Assert.Equal(CacheError.AccessDenied, (await Assert.ThrowsAsync<CacheException>(() => bench.GetAsync("/f"))).Error);
    }
}
