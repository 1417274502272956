using Orleans.Cache.Filling;

namespace Orleans.Cache.Core.Tests.Filling;

public sealed class FillBufferPoolTests
{
    private const int Page = CacheLimits.MiB;

    [Fact]
    public async Task A_range_gets_all_its_buffers_or_none()
    {
        using var pool = new FillBufferPool(budget: 24 * Page, Page, maxWaiters: 10);
        NativeBuffer[] first = await pool.RentAsync(Pages(16), default);

        Task<NativeBuffer[]> second = pool.RentAsync(Pages(16), default).AsTask();

        Assert.False(second.IsCompleted);
        Assert.Equal(16 * Page, pool.Lent);
        pool.Return(first);
        Assert.Equal(16, (await second).Length);
    }

    [Fact]
    public async Task Waiters_are_served_in_the_order_they_came_and_a_small_one_does_not_overtake()
    {
        using var pool = new FillBufferPool(budget: 4 * Page, Page, maxWaiters: 10);
        NativeBuffer[] held = await pool.RentAsync(Pages(3), default);
        Task<NativeBuffer[]> large = pool.RentAsync(Pages(4), default).AsTask();
        Task<NativeBuffer[]> small = pool.RentAsync(Pages(1), default).AsTask();

        Assert.False(large.IsCompleted);
        Assert.False(small.IsCompleted);
        Assert.Null(pool.TryRent(Pages(1)));

        pool.Return(held);
        NativeBuffer[] got = await large;
        Assert.False(small.IsCompleted);
        pool.Return(got);
        await small;
    }

    [Fact]
    public async Task A_waiter_that_gives_up_makes_way_for_the_next()
    {
        using var pool = new FillBufferPool(budget: 4 * Page, Page, maxWaiters: 10);
        await pool.RentAsync(Pages(3), default);
        using var leaving = new CancellationTokenSource();
        Task<NativeBuffer[]> large = pool.RentAsync(Pages(4), leaving.Token).AsTask();
        Task<NativeBuffer[]> small = pool.RentAsync(Pages(1), default).AsTask();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small;
        Assert.Equal(4 * Page, pool.Lent);
    }

    [Fact]
    public async Task Too_many_waiters_are_told_so()
    {
        using var pool = new FillBufferPool(budget: Page, Page, maxWaiters: 1);
        await pool.RentAsync(Pages(1), default);
        Task<NativeBuffer[]> waiting = pool.RentAsync(Pages(1), default).AsTask();

        CacheException refused = await Assert.ThrowsAsync<CacheException>(() => pool.RentAsync(Pages(1), default).AsTask());

        Assert.Equal(CacheError.Overloaded, refused.Error);
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public void Reading_ahead_leaves_a_quarter_to_those_who_wait()
    {
        using var pool = new FillBufferPool(budget: 8 * Page, Page, maxWaiters: 1);
        Assert.NotNull(pool.TryRent(Pages(6)));
        Assert.Null(pool.TryRent(Pages(1)));
    }

    [Fact]
    public async Task Short_pages_take_small_buffers()
    {
        using var pool = new FillBufferPool(budget: Page, Page, maxWaiters: 1);
        NativeBuffer[] buffers = await pool.RentAsync([100, FillBufferPool.SmallBufferSize], default);

        Assert.Equal(2 * FillBufferPool.SmallBufferSize, pool.Lent);
        Assert.All(buffers, b => Assert.Equal(FillBufferPool.SmallBufferSize, b.Memory.Length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_the_mix_lent_bytes_are_accounted_and_buffers_are_never_shared(int seed)
    {
        var random = new Random(seed);
        using var pool = new FillBufferPool(budget: 8 * Page, Page, maxWaiters: 1000);
        var held = new List<NativeBuffer[]>();
        for (int step = 0; step < 2000; step++)
        {
            if (held.Count > 0 && random.Next(2) == 0)
            {
                int at = random.Next(held.Count);
                pool.Return(held[at]);
                held.RemoveAt(at);
            }
            else if (pool.TryRent(Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(2) == 0 ? 1000 : Page).ToArray()) is { } got)
            {
                held.Add(got);
            }
            NativeBuffer[] all = [.. held.SelectMany(b => b)];
            Assert.Equal(all.Sum(b => (long)b.Size), pool.Lent);
            Assert.Equal(all.Length, all.Distinct().Count());
            Assert.True(pool.Lent <= 8 * Page);
        }
    }

    private static int[] Pages(int count) => [.. Enumerable.Repeat(Page, count)];
}
