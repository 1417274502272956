using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Pages.Backing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>Pages shown in memory: right bytes, no punch under them, and no mapping that outlives its file or the store.</summary>
public sealed class MappedPagesTests() : StoreSchedule(StorePages)
{
    /// <summary>More than there may be windows, of the smallest size that is mapped.</summary>
    private const int ManyFiles = 80;
    private const int PagesOfFile = MappedWindows.WorthMapping / PageSize;
    private const int StorePages = (ManyFiles * PagesOfFile) + 40;

    /// <summary>The largest that is mapped.</summary>
    private static readonly FileRef HalfOfStore = NewFile("file", StorePages / 2 * PageSize);

    private int _maps, _unmaps;

    [Fact]
    public async Task A_range_is_shown_where_all_of_it_is_there_and_long_enough_to_be_worth_a_mapping()
    {
        Count();
        for (long page = 0; page < 6; page++)
            Assert.True(await Store.WriteAsync(HalfOfStore, page));
        byte[] content = [.. Enumerable.Range(0, 6).SelectMany(page => Bytes(HalfOfStore, page))];

        Assert.False(Store.TryMap(HalfOfStore, 0, MappedWindows.WorthMapping - 1, out _));
        AssertShown(content, 0, content.Length);
        AssertShown(content, 12_345, MappedWindows.WorthMapping + 1);
        AssertShown(content, 77, 5);
        Assert.False(Store.TryMap(HalfOfStore, content.Length - 10, 20, out _), "A range of which a page is missing was shown.");
        Assert.Equal((1, 0), (_maps, _unmaps));

        Files.NeverWaits = false;
        Assert.False(Store.TryMap(HalfOfStore, 0, content.Length, out _), "A mapping of a device was shown.");
    }

    [Fact]
    public async Task Pages_that_are_not_verified_are_not_shown()
    {
        for (long page = 0; page < 4; page++)
            Assert.True(await Store.WriteAsync(HalfOfStore, page));
        await ReopenAsync();

        Assert.False(Store.TryMap(HalfOfStore, 0, 4 * PageSize, out _));
        for (long page = 0; page < 4; page++)
            Assert.True(await Store.ReadAndCheckAsync(HalfOfStore, page));
        AssertShown([.. Enumerable.Range(0, 4).SelectMany(page => Bytes(HalfOfStore, page))], 0, 4 * PageSize);
    }

    /// <summary>Holds: MappedPages has a lease and its window a reference to the backing file, so blocks are given back when both are gone.</summary>
    [Fact]
    public async Task What_is_shown_stays_while_its_file_is_dropped_and_its_blocks_count_until_then()
    {
        Count();
        for (long page = 0; page < 4; page++)
            Assert.True(await Store.WriteAsync(HalfOfStore, page));
        Assert.True(Store.TryMap(HalfOfStore, 0, 4 * PageSize, out MappedPages pages));

        await Store.DropAsync(Source, "", true, default);

        Assert.Empty(BackingFiles(Path));
        Assert.Equal(4 * PageSize, Store.Status.Used);
        Assert.Equal(Bytes(HalfOfStore, 3), pages.Span[(3 * PageSize)..].ToArray());
        Assert.False(Store.TryMap(HalfOfStore, 0, 4 * PageSize, out _));
        pages.Dispose();
        Assert.Equal((0, 1, 1), (Store.Status.Used, _maps, _unmaps));
    }

    /// <summary>Holds: StoreDirectory.MapWindow looks again whether the file is in, after it has opened it, and put the window into the table.</summary>
    [Fact]
    public async Task A_file_that_is_dropped_while_it_is_mapped_is_not_shown_and_does_not_stay_mapped()
    {
        for (long page = 0; page < 4; page++)
            Assert.True(await Store.WriteAsync(HalfOfStore, page));
        using var held = new Hold("map", after: true);
        held.Apply(Files);
        Task<bool> mapping = Task.Run(() => Store.TryMap(HalfOfStore, 0, 4 * PageSize, out _));
        await held.Reached;
        await Store.DropAsync(Source, "", true, default);
        int unmaps = 0;
        Files.Before = operation => unmaps += operation == "unmap" ? 1 : 0;
        held.Release();

        Assert.False(await mapping);
        Assert.Equal((0, 1), (Store.Status.Used, unmaps));
    }

    /// <summary>Holds: the look under the gate in MappedWindows.Keep.</summary>
    [Fact]
    public async Task Two_that_map_the_same_at_once_share_one_mapping()
    {
        Count();
        for (long page = 0; page < 4; page++)
            Assert.True(await Store.WriteAsync(HalfOfStore, page));
        using var held = new Hold("map", after: true);
        held.Apply(Files);
        Task<bool> first = Task.Run(() => Shows());
        await held.Reached;
        Assert.True(Shows());
        held.Release();

        Assert.True(await first);
        Assert.Equal(1, _maps - _unmaps);

        bool Shows()
        {
            bool isShown = Store.TryMap(HalfOfStore, 0, 4 * PageSize, out MappedPages pages);
            pages.Dispose();
            return isShown;
        }
    }

    [Fact]
    public async Task A_file_of_more_than_half_of_the_store_is_not_shown_for_it_would_keep_all_others_from_room()
    {
        FileRef large = NewFile("large", (StorePages / 2 + 1) * PageSize);
        for (long page = 0; page < 4; page++)
            Assert.True(await Store.WriteAsync(large, page));
        Assert.False(Store.TryMap(large, 0, 4 * PageSize, out _));
    }

    [Fact]
    public async Task A_file_that_somebody_has_truncated_is_not_shown_and_its_pages_are_found_damaged()
    {
        for (long page = 0; page < 4; page++)
            Assert.True(await Store.WriteAsync(HalfOfStore, page));
        byte[] content = [.. Enumerable.Range(0, 4).SelectMany(page => Bytes(HalfOfStore, page))];
        AssertShown(content, 0, content.Length);

        using (FileStream backing = System.IO.File.OpenWrite(Assert.Single(BackingFiles(Path))))
            backing.SetLength(3 * PageSize + 1);

        Assert.False(Store.TryMap(HalfOfStore, 0, content.Length, out _));
        AssertShown(content, 100, 2 * PageSize);
        Assert.False(await Store.ReadAndCheckAsync(HalfOfStore, 3));
        Assert.Equal(1, Store.Status.Healed);
    }

    [Fact]
    public async Task Mappings_are_bounded_and_end_with_the_store()
    {
        Count();
        FileRef[] files = [.. Enumerable.Range(0, ManyFiles).Select(i => NewFile($"{i}", PagesOfFile * PageSize))];
        foreach (FileRef file in files)
        {
            for (long page = 0; page < PagesOfFile; page++)
                Assert.True(await Store.WriteAsync(file, page));
        }

        for (int round = 0; round < 2; round++)
        {
            foreach (FileRef file in files)
            {
                Assert.True(Store.TryMap(file, 0, PagesOfFile * PageSize, out MappedPages pages));
                using (pages)
                    Assert.Equal(Bytes(file, 1), pages.Span.Slice(PageSize, PageSize).ToArray());
                Assert.InRange(_maps - _unmaps, 1, 64);
            }
        }

        await ReopenAsync();
        Assert.Equal(_maps, _unmaps);
    }

    private void AssertShown(byte[] content, int offset, int length)
    {
        Assert.True(Store.TryMap(HalfOfStore, offset, length, out MappedPages pages));
        using (pages)
            Assert.Equal(content.AsSpan(offset, length), pages.Span);
    }

    private void Count() => Files.Before = operation =>
    {
        _maps += operation == "map" ? 1 : 0;
        _unmaps += operation == "unmap" ? 1 : 0;
    };
}
