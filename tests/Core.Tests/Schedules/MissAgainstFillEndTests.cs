using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>A reader misses in the store; before it comes to the filler, the page's fill has published and ended. So the filler looks into the store once more.</summary>
public sealed class MissAgainstFillEndTests
{
    /// <summary>Holds: PageFiller.JoinOrStart looks into the store under the lock that a fill leaves the table under.</summary>
    [Fact]
    public async Task A_reader_that_comes_to_the_filler_after_its_pages_fill_has_ended_does_not_fetch_it_again()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", NodeUnderTest.PageSize);
        UfsHold missed = node.Held.Hold(StoreStep.Missed);
        Task<byte[]> late = Task.Run(() => node.ReadAsync("/f", chunk: content.Length));
        await missed.ArrivedAsync();
        node.Held.Hold(StoreStep.Missed).Release();
        Assert.Equal(content, await node.ReadAsync("/f", chunk: content.Length));
        await node.SettledAsync();
        missed.Release();

        Assert.Equal(content, await late);
        Assert.Single(node.Source.Opened);
        Assert.Equal(1, node.Counters.PagesFilled.Value);
    }
}
