using Orleans.Cache.Filling;

namespace Orleans.Cache.Core.Tests.Filling;

public sealed class FillBufferPoolTests
{
    private const int Page = CacheLimits.MiB;

    [Fact]
    public async Task A_range_gets_all_its_buffers_or_none()
    {
        using var pool = new FillBufferPool(budget: 24 * Page, Page, maxWaiters: 10);
        FillMemory first = await pool.RentAsync(Pages(16), default);

        Task<FillMemory> second = pool.RentAsync(Pages(16), default).AsTask();

        Assert.False(second.IsCompleted);
        Assert.Equal(16 * Page, pool.Reserved);
        first.Dispose();
        Assert.Equal(16 * Page, (await second).Cost);
    }

    [Fact]
    public async Task Waiters_are_served_in_the_order_they_came_and_a_small_one_does_not_overtake()
    {
        using var pool = new FillBufferPool(budget: 4 * Page, Page, maxWaiters: 10);
        FillMemory held = await pool.RentAsync(Pages(3), default);
        Task<FillMemory> large = pool.RentAsync(Pages(4), default).AsTask();
        Task<FillMemory> small = pool.RentAsync(Pages(1), default).AsTask();

        Assert.False(large.IsCompleted);
        Assert.False(small.IsCompleted);
        Assert.Null(pool.TryRent(Pages(1)));

        held.Dispose();
        FillMemory got = await large;
        Assert.False(small.IsCompleted);
        got.Dispose();
        await small;
    }

    [Fact]
    public async Task A_waiter_that_gives_up_makes_way_for_the_next()
    {
        using var pool = new FillBufferPool(budget: 4 * Page, Page, maxWaiters: 10);
        await pool.RentAsync(Pages(3), default);
        using var leaving = new CancellationTokenSource();
        Task<FillMemory> large = pool.RentAsync(Pages(4), leaving.Token).AsTask();
        Task<FillMemory> small = pool.RentAsync(Pages(1), default).AsTask();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small;
        Assert.Equal(4 * Page, pool.Reserved);
    }

    [Fact]
    public async Task Too_many_waiters_are_told_so()
    {
        using var pool = new FillBufferPool(budget: Page, Page, maxWaiters: 1);
        await pool.RentAsync(Pages(1), default);
        Task<FillMemory> waiting = pool.RentAsync(Pages(1), default).AsTask();

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
        FillMemory memory = await pool.RentAsync([100, FillBufferPool.SmallBufferSize], default);

        Assert.Equal(2 * FillBufferPool.SmallBufferSize, pool.Reserved);
        Assert.All([memory.Take(0), memory.Take(1)], b => Assert.Equal(FillBufferPool.SmallBufferSize, b.Memory.Length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_the_mix_lent_bytes_are_accounted_and_buffers_are_never_shared(int seed)
    {
        var random = new Random(seed);
        using var pool = new FillBufferPool(budget: 8 * Page, Page, maxWaiters: 1000);
        var held = new List<(FillMemory Memory, int Pages)>();
        for (int step = 0; step < 2000; step++)
        {
            int[] lengths = Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(2) == 0 ? 1000 : Page).ToArray();
            if (held.Count > 0 && random.Next(2) == 0)
            {
                int at = random.Next(held.Count);
                held[at].Memory.Dispose();
                held.RemoveAt(at);
            }
            else if (pool.TryRent(lengths) is { } got)
            {
                held.Add((got, lengths.Length));
                for (int i = 0; i < lengths.Length; i += random.Next(1, 3))
                    got.Take(i);
                got.GiveBack(random.Next(lengths.Length));
            }
            NativeBuffer[] all = [.. held.SelectMany(h => Enumerable.Range(0, h.Pages).Select(i => h.Memory[i])).OfType<NativeBuffer>()];
            Assert.Equal(held.Sum(h => h.Memory.Cost), pool.Reserved);
            Assert.Equal(all.Length, all.Distinct().Count());
            Assert.True(all.Sum(b => (long)b.Size) <= pool.Existing && pool.Existing <= 8 * Page);
        }
    }

    [Fact]
    public void The_buffer_that_was_given_back_last_is_taken_first()
    {
        using var pool = new FillBufferPool(budget: 8 * Page, Page, maxWaiters: 1);
        FillMemory memory = pool.TryRent(Pages(3))!;
        memory.Take(0);
        NativeBuffer hot = memory.Take(1);
        memory.GiveBack(0);
        memory.GiveBack(1);
        Assert.Same(hot, memory.Take(2));
    }

    private static int[] Pages(int count) => [.. Enumerable.Repeat(Page, count)];
}
