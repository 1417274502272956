using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Filling;

/// <summary>When a fill gives buffers away before it has ended: never under a reader, never before the page is in the store.</summary>
public sealed class SpareBuffersTests : IDisposable
{
    private readonly FillBufferPool _pool = new(budget: 8 * PageSize, PageSize, maxWaiters: 1);
    private readonly FileRef _file = NewFile("f", 4 * PageSize);
    private readonly List<int> _released = [];
    private readonly Fill _fill;

    public SpareBuffersTests()
    {
        _fill = new Fill(_file, 0, 4);
        _fill.Supply(_pool.TryRent(_fill.PageLengths())!, (_, page) => _released.Add(page));
    }

    public void Dispose() => _pool.Dispose();

    [Fact]
    public async Task A_page_in_the_store_that_nobody_reads_is_given_away_and_late_readers_are_sent_to_the_store()
    {
        Arrive(0);
        _fill.Settle(0, kept: true);
        Assert.Equal([0], _released);
        Assert.True(_fill.TryJoin());
        Assert.Equal(0, await _fill.ReadAsync(0, new byte[10], default));
        Assert.True(await _fill.IsKeptAsync(0, default));
    }

    [Fact]
    public async Task A_page_that_was_not_kept_stays_readable_to_the_end()
    {
        Arrive(0);
        _fill.Settle(0, kept: false);
        Assert.Empty(_released);
        Assert.True(_fill.TryJoin());
        await ReadsAsync(0);
    }

    [Fact]
    public async Task Nothing_is_given_away_under_a_reader()
    {
        Assert.True(_fill.TryJoin());
        Arrive(0);
        _fill.Settle(0, kept: true);
        Assert.Empty(_released);
        await ReadsAsync(0);
        _fill.Leave();
        Assert.Equal([0], _released);
    }

    /// <summary>Holds: the one user of a fill that has ended may be a reader.</summary>
    [Fact]
    public async Task The_last_reader_of_a_fill_that_has_ended_keeps_what_it_reads()
    {
        Assert.True(_fill.TryJoin());
        Assert.True(_fill.TryJoin());
        for (int page = 0; page < 4; page++)
        {
            Arrive(page);
            _fill.Settle(page, kept: true);
        }
        _fill.End(null);
        _fill.Leave();
        _fill.Leave();
        await ReadsAsync(3);
        Assert.Empty(_released);
        _fill.Leave();
        Assert.Equal(0, _pool.Reserved);
    }

    private void Arrive(int page)
    {
        Bytes(_file, page).CopyTo(_fill.PageBuffer(page));
        _fill.Advance(PageSize);
    }

    private async Task ReadsAsync(long page)
    {
        var read = new byte[PageSize];
        Assert.Equal(PageSize, await _fill.ReadAsync(page * PageSize, read, default));
        Assert.Equal(Bytes(_file, page), read);
    }
}
