using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>Two fills of 16 MiB on a pool of 24: were room taken page by page, each could hold 12 and wait for the other's.</summary>
public sealed class TwoLargeFillsTests
{
    private const int FillBytes = 16 * CacheLimits.MiB;

    /// <summary>Holds: FillBufferPool.RentAsync gives a fill all its room at once (that it gives no more than there is: FillBufferPoolTests).</summary>
    [Fact]
    public async Task Fills_that_together_need_more_than_the_pool_all_end()
    {
        var limits = new CacheLimits { FillBufferBytes = FillBytes * 3 / 2, MaxFillBytes = FillBytes, ReadAheadBytes = 8L * FillBytes };
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(limits);
        byte[] half = await node.PutAsync("half", FillBytes / 2, 4);
        byte[][] contents = [await node.PutAsync("f0", FillBytes, 1), await node.PutAsync("f1", FillBytes, 2), await node.PutAsync("f2", FillBytes, 3)];
        UfsHold reads = node.Source.Hold(UfsRequest.Read);
        // Two fills have all the room and wait for the source; the others wait for room side by side, from nothing.
        Task<byte[]> first = node.ReadAsync("/f0"), small = node.ReadAsync("/half");
        await reads.ArrivedAsync();
        await reads.ArrivedAsync();
        Task<byte[]>[] all = [first, node.ReadAsync("/f1"), node.ReadAsync("/f2")];
        Assert.Equal(2, node.Source.Opened.Count);
        reads.Release();

        byte[][] read = await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(contents, read);
        Assert.Equal(half, await small);
        Assert.Equal(4, node.Source.Opened.Count);
    }
}
