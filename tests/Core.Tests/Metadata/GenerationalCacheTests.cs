using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Core.Tests.Metadata;

public sealed class GenerationalCacheTests
{
    [Fact]
    public void Never_holds_more_than_its_capacity()
    {
        var cache = new GenerationalCache<int>(100);
        for (int i = 0; i < 10_000; i++)
        {
            cache.Store($"/{i}", At(i));
            Assert.InRange(cache.Count, 1, 100);
        }
        Assert.True(cache.Count >= 50);
    }

    [Fact]
    public void What_is_asked_for_in_each_generation_stays()
    {
        var cache = new GenerationalCache<int>(100);
        cache.Store("/hot", At(-1));
        for (int i = 0; i < 10_000; i++)
        {
            cache.Store($"/{i}", At(i));
            if (i % 40 == 0)
                Assert.True(cache.TryGet("/hot", out _));
        }
        Assert.True(cache.TryGet("/hot", out Belief<int>? hot));
        Assert.Equal(-1, hot.Value);
        Assert.False(cache.TryGet("/0", out _));
    }

    [Fact]
    public void Weights_count()
    {
        var cache = new GenerationalCache<int>(100);
        cache.Store("/heavy", At(1, weight: 51));
        Assert.False(cache.TryGet("/heavy", out _));
        cache.Store("/half", At(2, weight: 50));
        cache.Store("/other", At(3, weight: 50));
        cache.Store("/third", At(4, weight: 50));
        Assert.Equal(2, cache.Count);
        // Replacing counts once.
        var replacing = new GenerationalCache<int>(100);
        for (int i = 0; i < 100; i++)
        {
            replacing.Store("/a", At(i, weight: 30));
            replacing.Store("/b", At(i, weight: 20));
        }
        Assert.Equal(2, replacing.Count);
    }

    [Fact]
    public void A_belief_from_an_earlier_request_replaces_none_from_a_later_one()
    {
        var cache = new GenerationalCache<int>(4);
        cache.Store("/a", At(5));
        cache.Store("/a", At(3));
        Assert.True(cache.TryGet("/a", out Belief<int>? belief) && belief.Value == 5);
        cache.Store("/b", At(1));
        cache.Store("/c", At(1));
        // '/a' is in the previous generation now.
        cache.Store("/a", At(4));
        Assert.True(cache.TryGet("/a", out belief) && belief.Value == 5);
        cache.Store("/a", At(6));
        Assert.True(cache.TryGet("/a", out belief) && belief.Value == 6);
    }

    [Fact]
    public async Task Concurrent_lookups_never_bring_an_older_belief_back()
    {
        var cache = new GenerationalCache<int>(16);
        int stored = 0;
        Task[] readers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int last = -1; last < 19_999;)
            {
                int floor = Volatile.Read(ref stored);
                if (cache.TryGet("/a", out Belief<int>? belief))
                {
                    Assert.True(belief.Value >= floor && belief.Value >= last);
                    last = belief.Value;
                }
                else if (floor == 19_999)
                {
                    break;
                }
            }
        }))];
        for (int i = 0; i < 20_000; i++)
        {
            cache.Store("/a", At(i));
            Volatile.Write(ref stored, i);
            cache.Store($"/{i % 50}", At(i));
        }
        await Task.WhenAll(readers);
    }

    private static Belief<int> At(int startedAt, int weight = 1) =>
        new(CachePath.Root, startedAt, default, startedAt, Belief<int>.Forever, weight);
}
