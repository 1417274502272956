using Orleans.Cache.Eviction;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Index;
using Orleans.Cache.Pages.Journal;

namespace Orleans.Cache.Core.Tests.Pages;

public sealed class PageIndexMemoryTests
{
    private const int PageSize = 1 << 20;

    /// <summary>What a policy may take of the budget; the default one takes less.</summary>
    private const int PolicyBytesPerEntry = 10;

    [Fact]
    public void A_file_of_one_page_costs_at_most_100_bytes()
    {
        const int Files = 200_000;
        var index = new PageIndex(PageSize, new Untracked());
        var restore = new IndexRestore(index);
        for (int i = 0; i < Files; i++)
            restore.Apply(new JournalRecord(JournalKind.PageAdded, IdOf(i), 1, 20_000, 0, 1));
        Assert.InRange(index.MemoryBytes / (double)Files, 76, 100 - PolicyBytesPerEntry);
        for (int i = 0; i < Files; i += 777)
            Assert.True(index.TryFind(IdOf(i), 0, out _));
        Assert.False(index.TryFind(IdOf(Files), 0, out _));
    }

    [Fact]
    public void A_further_page_costs_at_most_24_bytes()
    {
        const int Pages = 500_000;
        var index = new PageIndex(PageSize, new Untracked());
        var restore = new IndexRestore(index);
        long before = index.MemoryBytes;
        for (int i = 0; i < Pages; i++)
            restore.Apply(new JournalRecord(JournalKind.PageAdded, IdOf(i % 10), 1, (long)Pages / 10 * PageSize, i / 10, 1));
        Assert.InRange((index.MemoryBytes - before) / (double)Pages, 12, 24 - PolicyBytesPerEntry);
        Assert.Equal(Pages, restore.TrackAll(static length => length).Pages);
    }

    [Fact]
    public void A_sparse_file_of_8_EiB_costs_what_its_pages_cost()
    {
        var index = new PageIndex(64 * 1024, new Untracked());
        var restore = new IndexRestore(index);
        long last = (long.MaxValue - 1) / (64 * 1024);
        foreach (long page in (long[])[0, 12_345_678_901, last])
            restore.Apply(new JournalRecord(JournalKind.PageAdded, IdOf(1), 1, long.MaxValue, page, 1));
        Assert.True(index.TryFind(IdOf(1), last, out _));
        Assert.False(index.TryFind(IdOf(1), last - 1, out _));
        Assert.Equal(3 * 64 * 1024 - 1, index.CachedBytes(IdOf(1)));
        Assert.InRange(index.MemoryBytes, 1, 2 << 20);
    }

    [Fact]
    public void What_was_removed_is_reused()
    {
        var index = new PageIndex(PageSize, new Untracked());
        var restore = new IndexRestore(index);
        for (int round = 0; round < 50; round++)
        {
            for (int i = 0; i < 2000; i++)
                restore.Apply(new JournalRecord(JournalKind.PageAdded, IdOf(i), round + 1, 5L * PageSize, i % 5, 1));
            for (int i = 0; i < 2000; i += 2)
                restore.Apply(new JournalRecord(JournalKind.FileRemoved, IdOf(i), round + 1, 5L * PageSize, 0, 0));
        }
        Assert.Equal(1000, index.Table.Files);
        Assert.InRange(index.MemoryBytes, 1, 3 << 20);
    }

    private static FileId IdOf(int i) => new(new UInt128((ulong)i * 0x9E3779B97F4A7C15 ^ (ulong)i >> 3, (ulong)i * 0xD1B54A32D192ED03));

    private sealed class Untracked : IEvictionPolicy
    {
        public string Name => "none";

        public int Count => 0;

        public long MemoryBytes => 0;

        public int CountOf(int share) => 0;

        public void Added(int entry, uint identityHash, int share)
        {
        }

        public void Touched(int entry)
        {
        }

        public void Removed(int entry, int share)
        {
        }

        public bool TryNextVictim(Func<int, uint> identityHashOf, out int entry)
        {
            entry = -1;
            return false;
        }

        public bool TryNextVictim(int share, Func<int, uint> identityHashOf, out int entry) => TryNextVictim(identityHashOf, out entry);
    }
}
