namespace Orleans.Cache.Core.Tests.Nodes;

/// <summary>Readers that go on, jump, or read at random, each in requests that say only how far they go themselves: what is fetched for them.</summary>
public sealed class AccessPatternTests
{
    private const int Page = NodeUnderTest.PageSize;
    private const int Small = 4 * CacheLimits.KiB;

    [Fact]
    public async Task Random_reads_of_4_KiB_cost_at_most_a_fifth_more_than_they_read()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 64 * CacheLimits.MiB);
        long[] places = [.. Enumerable.Range(0, content.Length / Small).Select(i => (long)i * Small)];
        new Random(1).Shuffle(places);

        foreach (long at in places.Take(2000))
            Assert.Equal(content[(int)at..(int)(at + Small)], await node.ReadAsync("/f", at, Small));
        await node.SettledAsync();

        Assert.InRange(node.Source.Opened.Sum(r => r.Length), 2000L * Small, 2000L * Small * 12 / 10);
    }

    [Fact]
    public async Task A_place_that_is_read_again_is_filled()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.PutAsync("f", 64 * Page);
        foreach (long at in new long[] { 5, 40, 5 })
            await node.ReadAsync("/f", at * Page, Small);
        await node.SettledAsync();
        Assert.Equal(1, node.Counters.PagesFilled.Value);
    }

    [Fact]
    public async Task Records_of_100_KiB_in_any_order_fill_their_pages_within_an_epoch()
    {
        const int Record = 100 * CacheLimits.KiB;
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.PutAsync("records", 40 * Record);
        int[] order = [.. Enumerable.Range(0, 40)];
        new Random(1).Shuffle(order);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            node.Source.Opened.Clear();
            foreach (int record in order)
                await node.ReadAsync("/records", (long)record * Record, Record);
            await node.SettledAsync();
        }
        Assert.Empty(node.Source.Opened);
    }

    [Fact]
    public async Task A_sequential_reader_with_a_small_buffer_fills_from_its_third_read_on()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", 64 * Page);
        for (int at = 0; at < 8 * Page; at += Small)
            Assert.Equal(content[at..(at + Small)], await node.ReadAsync("/f", at, Small));
        await node.SettledAsync();
        Assert.InRange(node.Counters.Bypasses.Value, 2, 3);
        Assert.InRange(node.Counters.PagesFilled.Value, 8, 24);
    }

    [Fact]
    public async Task Requests_that_follow_one_another_are_read_ahead_for_further_each_time()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(new CacheLimits { MaxFillBytes = 2 * Page, ReadAheadBytes = 16 * Page, FillBufferBytes = 64 * Page });
        byte[] content = await node.PutAsync("f", 256 * Page);
        long misses = 0;
        for (int request = 0; request < 60; request++)
        {
            misses = node.Counters.Misses.Value;
            int at = request * 4 * Page;
            Assert.Equal(content[at..(at + (4 * Page))], await node.ReadAsync("/f", at, 4 * Page));
            await node.SettledAsync();
        }
        // The last of them found all that it read there.
        Assert.InRange(node.Counters.Misses.Value, 1, 30);
        Assert.True(node.Counters.Hits.Value > node.Counters.Misses.Value * 4);
    }

    [Fact]
    public async Task A_reader_that_jumps_is_given_what_it_asks_for_and_no_more()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(new CacheLimits { MaxFillBytes = 2 * Page, ReadAheadBytes = 16 * Page, FillBufferBytes = 64 * Page });
        await node.PutAsync("table.parquet", 1000 * Page);
        // The footer, then a column's chunk of each row group.
        await node.ReadAsync("/table.parquet", (1000L * Page) - 8, 8);
        await node.ReadAsync("/table.parquet", 998L * Page, 2 * Page);
        for (long group = 0; group < 9; group++)
            await node.ReadAsync("/table.parquet", (100 * group + 10) * Page, 3 * Page);
        await node.SettledAsync();
        Assert.Equal(2 + (9 * 3), node.Counters.PagesFilled.Value);
    }
}
