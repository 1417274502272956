using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Metadata;

/// <summary>
/// What is believed of paths: statuses, "not there", and listings, each as long as its mount's freshness says.
/// Invariants:
/// - belief counts from the moment the request to the under storage started, and answers carry what is left of it;
/// - an invalidation wins over every refresh that was under way (InvalidationEpochs);
/// - a strict answer comes from a request that started after it was asked for;
/// - one request per path at a time, plus one waiting for strict readers.
/// </summary>
public sealed class MetadataCache
{
    private readonly Func<MountTable> _mounts;
    private readonly int _pageSize;
    private readonly CacheLimits _limits;
    private readonly CacheCounters _counters;
    private readonly TimeProvider _time;
    private readonly InvalidationEpochs _epochs = new();
    private readonly GenerationalCache<CachePath, Known> _known;
    private readonly Flights<CachePath, StatusAnswer> _flights = new();
    private readonly ListingCache _listings;

    public MetadataCache(Func<MountTable> mounts, int pageSize, CacheLimits limits, CacheCounters counters, TimeProvider time)
    {
        _mounts = mounts;
        _pageSize = pageSize;
        _limits = limits;
        _counters = counters;
        _time = time;
        _known = new GenerationalCache<CachePath, Known>(limits.MaxStatuses);
        _listings = new ListingCache(limits, _epochs, time, Learn);
    }

    /// <summary>Statuses remembered, "not there" included.</summary>
    internal long Count => _known.Weight;

    /// <summary>Status of a path; Status null where nothing is there. Completes synchronously, without allocating, where it is believed.</summary>
    /// <exception cref="CacheException">AccessDenied, Unavailable ...: as the under storage says; not remembered.</exception>
    public ValueTask<StatusAnswer> GetAsync(CachePath path, CancellationToken cancellationToken)
    {
        MountTable table = _mounts();
        if (_known.TryGet(path, out Known? known) && known.Belief.Remaining(table, _epochs, _time) is { } remaining)
        {
            _counters.StatusHits.Increment();
            return new(new StatusAnswer(known.Status, remaining));
        }
        if (!table.TryResolve(path, out MountedKey mounted))
            return new(new StatusAnswer(OutsideMounts(table, path), TimeSpan.MaxValue));
        bool strict = mounted.Mount.Freshness.Mode == FreshnessMode.Strict;
        return new(_flights.FlyAsync(path, !strict, () => RefreshAsync(path, table, mounted), cancellationToken));
    }

    /// <summary>
    /// Entries of a directory in ordinal order of names, those after <paramref name="startAfter"/>; mounts below it appear as
    /// directories and hide entries of the same name.
    /// </summary>
    /// <exception cref="CacheException">NotFound, NotADirectory, AccessDenied, Unavailable.</exception>
    public IAsyncEnumerable<FileStatus> ListAsync(CachePath directory, string? startAfter, CancellationToken cancellationToken)
    {
        MountTable table = _mounts();
        IReadOnlyList<string> mountNames = table.MountNamesBelow(directory);
        if (!table.TryResolve(directory, out MountedKey mounted))
            return MountNames.ListAsync(directory, mountNames, startAfter);
        var source = new ListingSource(directory, table, mounted, FileStatusOf);
        IAsyncEnumerable<FileStatus> entries = _listings.ListAsync(source, startAfter, cancellationToken);
        return mountNames.Count == 0 ? entries : MountNames.MergeAsync(directory, mountNames, startAfter, entries, cancellationToken);
    }

    /// <summary>Forgets what is believed of a path and of the listing that shows it; recursively of everything.</summary>
    public void Invalidate(CachePath path, bool recursive)
    {
        if (recursive)
            _epochs.InvalidateTree();
        else
            _epochs.Invalidate(path);
    }

    /// <summary>Directories that lead to mounts exist although no mount holds them.</summary>
    private static FileStatus? OutsideMounts(MountTable table, CachePath path) =>
        table.LeadsToMount(path) ? new FileStatus(path, DateTimeOffset.UnixEpoch, null) : null;

    private async Task<StatusAnswer> RefreshAsync(CachePath path, MountTable table, MountedKey mounted)
    {
        // In this order: what changes between the request's start and its answer must find the old epoch.
        int place = InvalidationEpochs.PlaceOf(path);
        long epoch = _epochs.OfPlace(place);
        long started = _time.GetTimestamp();
        UfsStatus? found = await AskAsync(mounted).ConfigureAwait(false);
        FileStatus? status = found is null ? OutsideMounts(table, path) : FileStatusOf(path, mounted.Mount, found);
        Freshness freshness = mounted.Mount.Freshness;
        var belief = new Belief(table, place, epoch, Belief.UntilFor(freshness, status is null, started, _time));
        if (freshness.Mode != FreshnessMode.Strict)
            _known.Set(path, new Known(status, belief));
        return new StatusAnswer(status, belief.Remaining(table, _epochs, _time) ?? TimeSpan.Zero);
    }

    private async Task<UfsStatus?> AskAsync(MountedKey mounted)
    {
        _counters.UfsStats.Increment();
        try
        {
            return await mounted.Mount.Storage.GetStatusAsync(mounted.Key, CancellationToken.None)
                .AsTask().WaitAsync(_limits.FillProgressTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            _counters.UfsErrors.Increment();
            throw new CacheException(CacheError.Unavailable,
                $"The under storage said nothing for {_limits.FillProgressTimeout.TotalSeconds} s; try again in a moment.", e);
        }
        catch (CacheException)
        {
            _counters.UfsErrors.Increment();
            throw;
        }
    }

    private FileStatus FileStatusOf(CachePath path, Mount mount, UfsStatus status) => new(
        path,
        status.LastModified,
        status.IsDirectory ? null : new FileRef(mount.Storage.Identity, status.Key, status.Version, status.Length, _pageSize));

    /// <summary>
    /// A listing showed a status: list-then-open needs no further request. Only while nothing at all was invalidated since the
    /// listing started, because the path's own epoch of that moment is not known.
    /// </summary>
    private void Learn(FileStatus status, MountTable table, long until, long allAtStart)
    {
        int place = InvalidationEpochs.PlaceOf(status.Path);
        long epoch = _epochs.OfPlace(place);
        if (_epochs.All == allAtStart)
            _known.Set(status.Path, new Known(status, new Belief(table, place, epoch, until)));
    }

    private sealed record Known(FileStatus? Status, Belief Belief);
}
