using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>
/// Every kind of damage to backing files, at every time at which the store promises to notice, found by reading and by the scrub:
/// what is damaged is dropped and counted, page by page; what is not is served; nothing wrong ever is.
/// </summary>
public sealed class DamageTests : IDisposable
{
    private readonly TemporaryDirectory _root = new(onTmpfs: true);
    private readonly FileRef[] _files = [.. Enumerable.Range(0, 4).Select(i => NewFile($"f{i}", 5 * PageSize + 777))];

    public void Dispose() => _root.Dispose();

    public static TheoryData<Damage, Moment, Finder> Cases
    {
        get
        {
            var cases = new TheoryData<Damage, Moment, Finder>();
            foreach (Damage damage in Enum.GetValues<Damage>())
            {
                cases.Add(damage, Moment.WhileStopped, Finder.Reads);
                cases.Add(damage, Moment.WhileStopped, Finder.Scrub);
                cases.Add(damage, Moment.BeforeFirstRead, Finder.Reads);
                cases.Add(damage, Moment.BeforeFirstRead, Finder.Scrub);
                // What was verified is believed until the scrub comes by; docs/SEMANTICS.md says so.
                cases.Add(damage, Moment.AfterFirstRead, Finder.Scrub);
            }
            return cases;
        }
    }

    public enum Damage
    {
        FlippedBits,
        Zeroed,
        Truncated,
        Lengthened,
        PagesSwapped,
        FilesSwapped,
        OlderBytes,
        Deleted,
    }

    public enum Moment
    {
        WhileStopped,
        BeforeFirstRead,
        AfterFirstRead,
    }

    public enum Finder
    {
        Reads,
        Scrub,
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task All_damage_is_found_dropped_and_counted_and_none_is_served(Damage damage, Moment moment, Finder finder)
    {
        await using (StoreDirectory filled = OpenDirectory(_root["store"]))
            await WriteAllAsync(filled);
        HashSet<PageId> damaged = moment == Moment.WhileStopped ? Inflict(damage) : [];
        await using StoreDirectory store = OpenDirectory(_root["store"]);
        if (moment == Moment.AfterFirstRead)
            Assert.Equal(Pages().Count(), await ServedAsync(store, []));
        if (moment != Moment.WhileStopped)
            damaged = Inflict(damage);

        if (finder == Finder.Scrub)
            await store.ScrubAsync(default);
        int served = await ServedAsync(store, damaged);

        Assert.Equal(Pages().Count() - damaged.Count, served);
        Assert.Equal(damaged.Count, store.Status.Healed);
        Assert.Equal(served, store.Status.Pages);
        await HealsAsync(store, damaged);
    }

    [Fact]
    public async Task A_lent_file_that_is_found_damaged_is_dropped_as_a_whole_and_its_lease_stays_good()
    {
        await using StoreDirectory store = OpenDirectory(_root["store"]);
        await WriteAllAsync(store);
        using (BackingLease lease = store.TryLease(_files[0], 0, PageSize)!)
        {
            Overwrite(PathOf(_files[0]), 3 * PageSize, [1, 2, 3, 4]);
            await store.ScrubAsync(default);
            var lent = new byte[PageSize];
            Assert.Equal(PageSize, RandomAccess.Read(lease.File, lent, 0));
            Assert.Equal(Bytes(_files[0], 0), lent);
        }
        Assert.Equal(_files[0].PageCount, store.Status.Healed);
        Assert.True(await store.WriteAsync(_files[0], 0));
        Assert.True(await store.ReadAndCheckAsync(_files[0], 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_was_handed_to_the_kernel_leaves_as_a_whole_and_who_has_it_open_reads_on(bool restarted)
    {
        StoreDirectory store = OpenDirectory(_root["store"]);
        await WriteAllAsync(store);
        using FileStream open = new(PathOf(_files[0]), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        store.TryHandOver(_files[0])!.Dispose();
        if (restarted)
        {
            await store.DisposeAsync();
            store = OpenDirectory(_root["store"]);
        }
        await using StoreDirectory last = store;

        Overwrite(PathOf(_files[0]), 3 * PageSize, [1, 2, 3, 4]);
        await store.ScrubAsync(default);

        Assert.Equal(_files[0].PageCount, store.Status.Healed);
        var read = new byte[PageSize];
        open.Seek(3 * PageSize, SeekOrigin.Begin);
        await open.ReadExactlyAsync(read);
        // Not punched: only what was overwritten differs.
        Assert.Equal(Bytes(_files[0], 3)[4..], read[4..]);
        Assert.True(await store.WriteAsync(_files[0], 0));
        Assert.True(await store.ReadAndCheckAsync(_files[0], 0));
    }

    /// <summary>After the damage is dropped the pages may come again, and nothing of it is left.</summary>
    private async Task HealsAsync(StoreDirectory store, HashSet<PageId> damaged)
    {
        await WriteAllAsync(store);
        Assert.Equal(Pages().Count(), await ServedAsync(store, []));
        await store.ScrubAsync(default);
        Assert.Equal(damaged.Count, store.Status.Healed);
        Assert.Equal(store.Status.Used, BackingFiles(_root["store"]).Sum(Allocated));
    }

    private async Task WriteAllAsync(StoreDirectory store)
    {
        foreach ((FileRef file, long page) in Pages())
            Assert.True(await store.WriteAsync(file, page) || store.Contains(file, page));
    }

    /// <summary>Reads every page. Those that are damaged must not come, all others must. Gives how many came.</summary>
    private async Task<int> ServedAsync(StoreDirectory store, HashSet<PageId> damaged)
    {
        int served = 0;
        foreach ((FileRef file, long page) in Pages())
        {
            bool came = await store.ReadAndCheckAsync(file, page);
            Assert.True(came != damaged.Contains(new PageId(file.Id, page)), $"Page {page} of {file.Key}: served is {came}.");
            served += came ? 1 : 0;
        }
        return served;
    }

    private IEnumerable<(FileRef File, long Page)> Pages() =>
        _files.SelectMany(file => Enumerable.Range(0, (int)file.PageCount).Select(page => (file, (long)page)));

    private string PathOf(FileRef file) => BackingFiles(_root["store"]).Single(f => f.Contains(file.Id.ToString(), StringComparison.Ordinal));

    /// <summary>Damages the first file, where two are needed the second too. Gives the pages whose bytes are not theirs any more.</summary>
    private HashSet<PageId> Inflict(Damage damage)
    {
        string path = PathOf(_files[0]);
        switch (damage)
        {
            case Damage.FlippedBits:
                foreach (long page in new long[] { 0, 2, 5 })
                    Flip(path, page * PageSize + 700);
                return Of(_files[0], 0, 2, 5);
            case Damage.Zeroed:
                Overwrite(path, PageSize, new byte[PageSize]);
                return Of(_files[0], 1);
            case Damage.Truncated:
                using (FileStream file = File.OpenWrite(path))
                    file.SetLength(3 * PageSize + 100);
                return Of(_files[0], 3, 4, 5);
            case Damage.Lengthened:
                // Nothing of it is a page's: no damage, and it must not be taken for any.
                Overwrite(path, _files[0].Length, new byte[100]);
                return [];
            case Damage.PagesSwapped:
                Overwrite(path, PageSize, Bytes(_files[0], 4));
                Overwrite(path, 4 * PageSize, Bytes(_files[0], 1));
                return Of(_files[0], 1, 4);
            case Damage.FilesSwapped:
                string other = PathOf(_files[1]);
                File.Move(path, path + ".tmp");
                File.Move(other, path);
                File.Move(path + ".tmp", other);
                return [.. Of(_files[0], 0, 1, 2, 3, 4, 5), .. Of(_files[1], 0, 1, 2, 3, 4, 5)];
            case Damage.OlderBytes:
                Overwrite(path, 2 * PageSize, Bytes(NewFile("f0", 5 * PageSize + 777, "v0"), 2));
                return Of(_files[0], 2);
            case Damage.Deleted:
                File.Delete(path);
                return Of(_files[0], 0, 1, 2, 3, 4, 5);
            default:
                throw new ArgumentOutOfRangeException(nameof(damage));
        }
    }

    private static HashSet<PageId> Of(FileRef file, params long[] pages) => [.. pages.Select(page => new PageId(file.Id, page))];

    private static void Flip(string path, long at)
    {
        using FileStream file = File.Open(path, FileMode.Open);
        file.Position = at;
        int was = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(was ^ 0x10));
    }

    private static void Overwrite(string path, long at, ReadOnlySpan<byte> bytes)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = at;
        file.Write(bytes);
    }
}
