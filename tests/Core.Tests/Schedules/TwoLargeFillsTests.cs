using Orleans.Cache.Core.Tests.Nodes;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>Two fills of 16 MiB on a pool of 24: were buffers taken one by one, each could hold 12 and wait for the other's.</summary>
public sealed class TwoLargeFillsTests
{
    private const int FillBytes = 16 * CacheLimits.MiB;

    /// <summary>Holds: FillBufferPool.RentAsync gives a fill all its buffers at once.</summary>
    [Fact]
    public async Task Fills_that_together_need_more_than_the_pool_all_end()
    {
        var limits = new CacheLimits { FillBufferBytes = FillBytes * 3 / 2, MaxFillBytes = FillBytes, ReadAheadBytes = 8L * FillBytes };
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(limits);
        byte[][] contents = [await node.PutAsync("f0", FillBytes, 1), await node.PutAsync("f1", FillBytes, 2), await node.PutAsync("f2", FillBytes, 3)];
        node.Source.Close();
        // The first has its buffers and waits for the source; the others wait for buffers side by side, and get what the first returns.
        Task<byte[]> first = node.ReadAsync("/f0");
        await node.Source.Arrived.Task;
        Task<byte[]>[] all = [first, node.ReadAsync("/f1"), node.ReadAsync("/f2")];
        Assert.Single(node.Source.Reads);
        node.Source.Open();

        byte[][] read = await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(contents, read);
        Assert.Equal(3, node.Source.Reads.Count);
    }
}
