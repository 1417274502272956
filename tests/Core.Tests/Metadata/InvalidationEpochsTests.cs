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
    /// A source counts up; each change is followed by an invalidation, while refreshers race with it. Whatever is believed after
    /// an invalidation returned must be at least as new as the change before it.
    /// </summary>
    [Theory]
    [InlineData("/a/b/c", false, false)]
    [InlineData("/a/b/c", false, true)]
    [InlineData("/a/b/c", true, true)]
    [InlineData("/a", true, false)]
    [InlineData("/a", true, true)]
    public async Task No_race_leaves_anything_older_than_a_finished_invalidation_believed(string invalidated, bool recursive, bool byListing)
    {
        const int Changes = 50_000;
        const int LooksPerChange = 20;
        CachePath path = CachePath.Parse(invalidated);
        var epochs = new InvalidationEpochs();
        using var stop = new CancellationTokenSource();
        int source = 0;
        Belief<int>? kept = null;
        Task refresher = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                EpochStamp request = byListing ? epochs.OfListing(Directory) : epochs.OfStatus(Entry);
                int read = Volatile.Read(ref source);
                EpochStamp stamp = request;
                if (!byListing || epochs.TryStampEntry(request, Directory, Entry, out stamp))
                    Volatile.Write(ref kept, new Belief<int>(Entry, read, stamp, 0, Belief<int>.Forever, 1));
            }
        });
        try
        {
            for (int i = 1; i <= Changes; i++)
            {
                Volatile.Write(ref source, i);
                epochs.Invalidate(path, recursive);
                for (int look = 0; look < LooksPerChange; look++)
                {
                    if (Volatile.Read(ref kept) is { } belief && epochs.Holds(ref belief.Stamp, Entry))
                        Assert.True(belief.Value >= i, $"believed {belief.Value} after {i} was invalidated");
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await refresher;
        }
    }
}
