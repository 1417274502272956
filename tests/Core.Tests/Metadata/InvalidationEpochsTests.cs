using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Core.Tests.Metadata;

public sealed class InvalidationEpochsTests
{
    private static readonly CachePath Directory = CachePath.Parse("/a/b");
    private static readonly CachePath Entry = CachePath.Parse("/a/b/c");

    [Fact]
    public void A_stamp_from_after_the_invalidation_holds()
    {
        var epochs = new InvalidationEpochs();
        epochs.Invalidate(CachePath.Root, recursive: true);
        EpochStamp stamp = epochs.OfStatus(Entry);
        Assert.True(epochs.Holds(ref stamp, Entry));
        epochs.Invalidate(Entry, recursive: false);
        Assert.False(epochs.Holds(ref stamp, Entry));
    }

    [Fact]
    public void An_entry_is_not_stamped_once_anything_about_its_listing_was_invalidated()
    {
        foreach ((string path, bool recursive) in new[] { ("/a/b/c", false), ("/a/b/other", false), ("/a/b", false), ("/a", true), ("/", true) })
        {
            var epochs = new InvalidationEpochs();
            EpochStamp listing = epochs.OfListing(Directory);
            Assert.True(epochs.TryStampEntry(listing, Directory, Entry, out _));
            epochs.Invalidate(CachePath.Parse(path), recursive);
            Assert.False(epochs.TryStampEntry(listing, Directory, Entry, out _));
        }
    }

    /// <summary>
    /// A source counts up; each change is followed by an invalidation. Refreshers and listings race with it. Whatever is believed
    /// after an invalidation returned must be at least as new as the change before it.
    /// </summary>
    [Theory]
    [InlineData("/a/b/c", false)]
    [InlineData("/a", true)]
    public async Task No_race_leaves_anything_older_than_a_finished_invalidation_believed(string invalidated, bool recursive)
    {
        const int Changes = 50_000;
        var epochs = new InvalidationEpochs();
        var cache = new GenerationalCache<int>(100);
        int source = 0;
        int invalidatedUpTo = 0;
        bool IsRunning() => Volatile.Read(ref source) < Changes;
        Task refresher = Task.Run(() =>
        {
            while (IsRunning())
            {
                EpochStamp stamp = epochs.OfStatus(Entry);
                Keep(cache, stamp, Volatile.Read(ref source));
            }
        });
        Task lister = Task.Run(() =>
        {
            while (IsRunning())
            {
                EpochStamp listing = epochs.OfListing(Directory);
                int read = Volatile.Read(ref source);
                if (epochs.TryStampEntry(listing, Directory, Entry, out EpochStamp stamp))
                    Keep(cache, stamp, read);
            }
        });
        Task reader = Task.Run(() =>
        {
            while (IsRunning())
            {
                int floor = Volatile.Read(ref invalidatedUpTo);
                if (cache.TryGet(Entry.Value, out Belief<int>? belief) && epochs.Holds(ref belief.Stamp, Entry))
                    Assert.True(belief.Value >= floor, $"believed {belief.Value} after {floor} was invalidated");
            }
        });
        for (int i = 1; i <= Changes; i++)
        {
            Volatile.Write(ref source, i);
            epochs.Invalidate(CachePath.Parse(invalidated), recursive);
            Volatile.Write(ref invalidatedUpTo, i);
        }
        await Task.WhenAll(refresher, lister, reader);

        // StartedAt is equal on purpose: only the stamps keep older values out.
        static void Keep(GenerationalCache<int> cache, EpochStamp stamp, int value) =>
            cache.Store(Entry.Value, new Belief<int>(Entry, value, stamp, 0, Belief<int>.Forever, 1));
    }
}
