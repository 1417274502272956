using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Metadata;

/// <summary>
/// Remembers listings of directories up to a size; larger ones are streamed from the under storage for each reader. Concurrent
/// readers of a directory follow one reading of it. On strict mounts nothing is shared or remembered.
/// </summary>
internal sealed class ListingCache(CacheLimits limits, InvalidationEpochs epochs, TimeProvider time, Action<FileStatus, MountTable, long, long> learn)
{
    private readonly Lock _gate = new();
    private readonly GenerationalCache<CachePath, Known> _known = new(limits.MaxListedEntries);
    private readonly Dictionary<CachePath, Known> _growing = [];

    public IAsyncEnumerable<FileStatus> ListAsync(ListingSource source, string? startAfter, CancellationToken cancellationToken) =>
        source.Freshness.Mode == FreshnessMode.Strict
            ? source.ReadAsync(startAfter, cancellationToken)
            : FollowAsync(source, FindOrStart(source), startAfter, cancellationToken);

    private Listing FindOrStart(ListingSource source)
    {
        lock (_gate)
        {
            if (_growing.TryGetValue(source.Directory, out Known? known) && IsBelieved(known))
                return known.Listing;
            if (_known.TryGet(source.Directory, out known) && IsBelieved(known))
                return known.Listing;
            long all = epochs.All, started = time.GetTimestamp();
            int place = InvalidationEpochs.PlaceOf(source.Directory);
            long until = Belief.UntilFor(source.Freshness, isMissing: false, started, time);
            known = new Known(new Listing(), new Belief(source.Table, place, epochs.OfPlace(place), until));
            _growing[source.Directory] = known;
            _ = Task.Run(() => GrowAsync(source, known, all));
            return known.Listing;
        }

        bool IsBelieved(Known known) => known.Belief.Remaining(source.Table, epochs, time) is not null;
    }

    /// <summary>Reads the directory on no caller's token.</summary>
    private async Task GrowAsync(ListingSource source, Known known, long allAtStart)
    {
        Listing listing = known.Listing;
        int weight = 1;
        try
        {
            await foreach (FileStatus entry in source.ReadAsync(null, CancellationToken.None).ConfigureAwait(false))
            {
                if (listing.Count == limits.MaxEntriesPerListing)
                {
                    listing.CutOff();
                    break;
                }
                learn(entry, source.Table, known.Belief.Until, allAtStart);
                listing.Add(entry);
                weight++;
            }
            // What was cut off stays known as such with what it has: the next reader need not find out again.
            Remember(source.Directory, known, weight);
            listing.Complete();
        }
        catch (Exception e)
        {
            Remember(source.Directory, known, weight: 0);
            listing.Fail(e);
        }
    }

    private void Remember(CachePath directory, Known known, int weight)
    {
        lock (_gate)
        {
            if (weight > 0)
                _known.Set(directory, known, weight);
            if (_growing.TryGetValue(directory, out Known? growing) && ReferenceEquals(growing, known))
                _growing.Remove(directory);
        }
    }

    private static async IAsyncEnumerable<FileStatus> FollowAsync(
        ListingSource source, Listing listing, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? last = startAfter;
        for (int index = listing.IndexAfter(startAfter); ; index++)
        {
            (FileStatus? entry, bool isCutOff) = await listing.GetAsync(index, cancellationToken).ConfigureAwait(false);
            if (entry is null && !isCutOff)
                yield break;
            if (entry is null)
                break;
            if (startAfter is not null && string.CompareOrdinal(entry.Path.Name, startAfter) <= 0)
                continue;
            last = entry.Path.Name;
            yield return entry;
        }
        await foreach (FileStatus entry in source.ReadAsync(last, cancellationToken).ConfigureAwait(false))
            yield return entry;
    }

    private sealed record Known(Listing Listing, Belief Belief);
}
