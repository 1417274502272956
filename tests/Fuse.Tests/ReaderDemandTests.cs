using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Tests;

public sealed class ReaderDemandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_reader_rests_while_requests_come_one_after_the_other_and_comes_back_when_they_crowd()
    {
        using var demand = new ReaderDemand();
        Serve(demand, 100, isNextWaiting: false);
        Task resting = Task.Factory.StartNew(demand.RestIfCalm, TaskCreationOptions.LongRunning);
        while (demand.Resting == 0)
            await Task.Yield();

        Serve(demand, 8, isNextWaiting: true);
        Serve(demand, 8, isNextWaiting: false);
        Assert.Equal(1, demand.Resting);
        Serve(demand, 16, isNextWaiting: true);

        await resting.WaitAsync(Patience);
        Assert.Equal(0, demand.Resting);
    }

    [Fact]
    public void Nobody_rests_while_requests_meet()
    {
        using var demand = new ReaderDemand();
        for (int i = 0; i < 100; i++)
        {
            demand.Begin();
            demand.Begin();
            demand.Served(() => false);
            demand.Served(() => false);
        }

        demand.RestIfCalm();
    }

    [Fact]
    public async Task Who_rests_comes_back_at_the_end()
    {
        using var demand = new ReaderDemand();
        Serve(demand, 100, isNextWaiting: false);
        Task resting = Task.Factory.StartNew(demand.RestIfCalm, TaskCreationOptions.LongRunning);

        demand.End();

        await resting.WaitAsync(Patience);
        demand.RestIfCalm();
    }

    private static void Serve(ReaderDemand demand, int requests, bool isNextWaiting)
    {
        for (int i = 0; i < requests; i++)
        {
            demand.Begin();
            demand.Served(() => isNextWaiting);
        }
    }
}
