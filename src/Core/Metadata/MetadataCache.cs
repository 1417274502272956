using System.Runtime.CompilerServices;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Metadata;

/// <summary>
/// What this node knows of paths: statuses ("not there" included) and listings, as fresh as each mount's
/// <see cref="Freshness"/> demands, from one request to the under storage however many ask at once.
/// </summary>
/// <remarks>
/// Invariants (each held by the type named):
/// <list type="bullet">
/// <item>Validity counts from the moment a request started; a strict read is answered only from requests that started after it
/// arrived (<see cref="Beliefs{T}"/>).</item>
/// <item>Nothing learnt before an invalidation is believed after it (<see cref="InvalidationEpochs"/>).</item>
/// <item>Nothing learnt of a mount is believed where another has its place. A request looks at the table after its stamp was taken: either it finds the new table, or the
/// change's invalidation, which comes after the table is there and before the first view of it, ends its stamp. What is believed of other mounts stays
/// (<see cref="MetadataView"/>).</item>
/// <item>Memory is bounded by <see cref="CacheLimits.MaxStatuses"/> and <see cref="CacheLimits.MaxListedEntries"/>
/// (<see cref="GenerationalCache{T}"/>); a directory above <see cref="CacheLimits.MaxEntriesPerListing"/> is streamed.</item>
/// </list>
/// A caller that leaves ends its own waiting only: requests run on a token of their own, ended by
/// <see cref="CacheLimits.FillProgressTimeout"/> without progress.
/// </remarks>
/// <param name="mounts">The mount table now.</param>
/// <param name="pageSize">Bytes per page of the files found.</param>
/// <param name="limits">Bounds.</param>
/// <param name="counters">UfsStats, UfsLists, UfsErrors and StatusHits are counted here.</param>
/// <param name="time">Validity runs on its timestamps, which steps of the wall clock do not move.</param>
public sealed class MetadataCache(Func<MountTable> mounts, int pageSize, CacheLimits limits, CacheCounters counters, TimeProvider time)
{
    private readonly InvalidationEpochs _epochs = new();
    private MetadataView? _view;

    /// <summary>Brings the first page with a status that is asked for to read; null: nobody keeps pages.</summary>
    internal FirstPages? FirstPages { get; init; }

    /// <summary>Statuses held in memory, expired ones included; at most <see cref="CacheLimits.MaxStatuses"/>.</summary>
    public int StatusCount => View().Statuses.Count;

    /// <summary>Status of a path. Completes synchronously, without allocation or lock, where it is believed.</summary>
    /// <param name="path">The path.</param>
    /// <param name="wish">What is wanted beyond it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="CacheException">AccessDenied, Unavailable; a path that is not there is an answer, not an error.</exception>
    public ValueTask<StatusAnswer> GetAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken)
    {
        MetadataView view = View();
        if (view.Statuses.TryGet(path, out Belief<FileStatus?>? belief, out TimeSpan remaining) && ((wish & StatusWish.Described) == 0 || IsDescribed(belief.Value)))
        {
            counters.StatusHits.Increment();
            return new(new StatusAnswer(belief.Value, remaining));
        }
        // Known without asking, for as long as the table stands; whoever caches it further cannot see that, hence a bound.
        if (view.MountDirectory(path) is { } directory)
            return new(new StatusAnswer(directory, Freshness.Default.Ttl));
        return view.Table.TryResolve(path, out MountedKey mounted)
            ? AskAsync(view, path, mounted, wish, cancellationToken)
            : new(new StatusAnswer(null, Freshness.Default.Ttl));
    }

    public ValueTask<StatusAnswer> GetAsync(CachePath path, CancellationToken cancellationToken) => GetAsync(path, StatusWish.Nothing, cancellationToken);

    /// <summary>What is believed of a path, and since when; null where whoever asks would ask the under storage. Asks nobody, counts nothing.</summary>
    public RecalledStatus? Recall(CachePath path) =>
        View().Statuses.TryGet(path, out Belief<FileStatus?>? belief, out TimeSpan remaining)
            ? new RecalledStatus(new StatusAnswer(belief.Value, remaining), time.GetElapsedTime(belief.StartedAt))
            : null;

    /// <summary>
    /// Forgets what is believed of a path and the listing that names it and, with <paramref name="recursive"/>, of everything
    /// below it. Whoever asks afterwards is answered from requests that start afterwards.
    /// </summary>
    public void Invalidate(CachePath path, bool recursive)
    {
        _epochs.Invalidate(path, recursive);
        Invalidated?.Invoke(path, recursive);
    }

    /// <summary>
    /// The mount table has changed: what it makes mean something else is invalidated now, and not when somebody asks next. Whoever was told of statuses and keeps them asks
    /// nobody.
    /// </summary>
    public void TakeMounts() => View();

    /// <summary>Told of each invalidation, after it has taken effect, by whoever invalidates; it may not wait.</summary>
    public event Action<CachePath, bool>? Invalidated;

    /// <summary>
    /// Entries of a directory in ordinal order of names, those after <paramref name="startAfter"/>; mounts below it appear as
    /// directories and shadow entries of their names.
    /// </summary>
    /// <exception cref="CacheException">NotFound, NotADirectory, AccessDenied, Unavailable.</exception>
    public async IAsyncEnumerable<FileStatus> ListAsync(
        CachePath directory, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        MetadataView view = View();
        Listing listing = await GetListingAsync(view, directory, cancellationToken).ConfigureAwait(false);
        for (int i = listing.IndexAfter(startAfter); i < listing.Entries.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return listing.Entries[i];
        }
        if (listing.IsComplete)
            yield break;

        // The stamp first, then the table.
        (EpochStamp stamp, long startedAt) = (_epochs.OfListing(directory), time.GetTimestamp());
        DirectoryReader reader = Reader(View(), directory, stamp, startedAt, learns: false);
        IAsyncEnumerable<FileStatus> rest = reader.ReadAsync(listing.ContinueAfter(startAfter), cancellationToken);
        await foreach (FileStatus entry in rest.ConfigureAwait(false))
            yield return entry;
    }

    /// <summary>The view of the table that holds now. Two threads that see different tables may replace each other's: that costs refreshes.</summary>
    private MetadataView View()
    {
        MountTable table = mounts();
        MetadataView? view = Volatile.Read(ref _view);
        if (view?.Table == table)
            return view;
        MetadataView next = view is null ? FirstView(table) : Succeed(view, table);
        MetadataView? found = Interlocked.CompareExchange(ref _view, next, view);
        return found == view ? next : found?.Table == table ? found : next;
    }

    private MetadataView FirstView(MountTable table) => new(
        table, new(_epochs, _epochs.OfStatus, time, new(limits.MaxStatuses)), new(_epochs, _epochs.OfListing, time, new(limits.MaxListedEntries)));

    /// <summary>Mounts that come or go change what is below them, and the listings and statuses of the directories above.</summary>
    private MetadataView Succeed(MetadataView view, MountTable table)
    {
        foreach (CachePath changed in view.ChangedPaths(table))
        {
            Invalidate(changed, recursive: true);
            for (CachePath path = changed; !path.IsRoot;)
            {
                path = path.Parent;
                Invalidate(path, recursive: false);
            }
        }
        return view.With(table);
    }

    private static bool IsDescribed(FileStatus? status) => status is null || status.Attributes is not null;

    private async ValueTask<StatusAnswer> AskAsync(MetadataView view, CachePath path, MountedKey mounted, StatusWish wish, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool described = (wish & StatusWish.Described) != 0;
        Belief<FileStatus?> belief = await view.Statuses
            .AskAsync(path, mounted.Mount.Freshness.BelieveAbsenceFor, (wish & StatusWish.FirstPage) != 0 ? RefreshToReadAsync : RefreshStatusAsync, mounted.Mount.ServesStale, described ? IsDescribed : null)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        // What stands in while the under storage is silent may be a listing's.
        if (described && !IsDescribed(belief.Value))
            throw new CacheException(CacheError.Unavailable, $"The under storage of '{path}' does not answer, and what it keeps of it beside its bytes is not known; try again later.");
        return new StatusAnswer(belief.Value, view.Statuses.RemainingOf(belief));
    }

    private Task<Belief<FileStatus?>> RefreshStatusAsync(Refresh<FileStatus?> refresh) => RefreshStatusAsync(refresh, firstPages: null);

    private Task<Belief<FileStatus?>> RefreshToReadAsync(Refresh<FileStatus?> refresh) => RefreshStatusAsync(refresh, FirstPages);

    private async Task<Belief<FileStatus?>> RefreshStatusAsync(Refresh<FileStatus?> refresh, FirstPages? firstPages)
    {
        // Not as the caller found it: the table may have changed before the refresh took its stamp.
        MetadataView view = View();
        if (view.MountDirectory(refresh.Path) is { } directory)
            return refresh.Answer(directory, TimeSpan.Zero, weight: 1);
        if (!view.Table.TryResolve(refresh.Path, out MountedKey mounted))
            return refresh.Answer(null, TimeSpan.Zero, weight: 1);
        Freshness freshness = mounted.Mount.Freshness;
        FileRef? last = firstPages is null ? null : view.Statuses.LastOf(refresh.Path)?.Value?.File;
        if (firstPages?.AreWorthAsking(mounted.Mount.Storage.Identity, mounted.Key, last) == false)
            firstPages = null;
        long frees = firstPages?.Frees ?? 0;
        (UfsStatus? found, IUfsReader? page) = await FindAsync(mounted, refresh.Path, firstPages).ConfigureAwait(false);
        if (found is null)
            return refresh.Answer(null, freshness.BelieveAbsenceFor, weight: 1);
        FileStatus status = DirectoryReader.StatusOf(mounted.Mount, mounted.Key, refresh.Path, found, pageSize);
        if (page is not null)
            await firstPages!.BeginAsync(status, page, frees).ConfigureAwait(false);
        return refresh.Answer(status, freshness.BelieveFor, WeightOf(status));
    }

    /// <summary>A status takes some 400 bytes; what comes with it counts as so many more of them.</summary>
    internal static int WeightOf(FileStatus status) => 1 + ((status.Attributes?.Characters ?? 0) / 200);

    /// <summary>Status and first page in one answer, or the status alone.</summary>
    private async Task<FirstBytes> FindAsync(MountedKey mounted, CachePath path, FirstPages? firstPages)
    {
        using var patience = new CancellationTokenSource(limits.FillProgressTimeout, time);
        try
        {
            if (firstPages is not null && await firstPages.OpenAsync(mounted.Mount.Storage, mounted.Key, patience.Token).ConfigureAwait(false) is { } first)
                return first;
            patience.CancelAfter(limits.FillProgressTimeout);
            counters.UfsStats.Increment();
            ValueTask<UfsStatus?> answer = mounted.Mount.Storage.GetStatusAsync(mounted.Key, patience.Token);
            // WaitAsync: a connector that does not notice its token must not hold the path for ever.
            UfsStatus? status = answer.IsCompleted
                ? await answer.ConfigureAwait(false)
                : await answer.AsTask().WaitAsync(patience.Token).ConfigureAwait(false);
            return new FirstBytes(status, null);
        }
        catch (CacheException e) when (e.Error is CacheError.NotFound or CacheError.NotADirectory)
        {
            return new FirstBytes(null, null);
        }
        catch (Exception e)
        {
            counters.UfsErrors.Increment();
            if (patience.IsCancellationRequested && e is OperationCanceledException)
                throw NoAnswer(path, e);
            throw;
        }
    }

    private async ValueTask<Listing> GetListingAsync(MetadataView view, CachePath directory, CancellationToken cancellationToken)
    {
        if (!view.Table.TryResolve(directory, out MountedKey mounted))
            return Listing.Streamed;
        if (view.Listings.TryGet(directory, out Belief<Listing>? belief, out _))
            return belief.Value;
        cancellationToken.ThrowIfCancellationRequested();
        TimeSpan validity = mounted.Mount.Freshness.BelieveAbsenceFor;
        belief = await view.Listings
            .AskAsync(directory, validity, RefreshListingAsync, mounted.Mount.ServesStale)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        return belief.Value;
    }

    /// <summary>
    /// Reads a directory up to the largest size that is remembered. Of a larger one, those who wait share the part read so far
    /// and stream the rest each by itself; remembered is only that it is large.
    /// </summary>
    private async Task<Belief<Listing>> RefreshListingAsync(Refresh<Listing> refresh)
    {
        // As for a status: by the table that holds now, and as long as the mount that it names believes.
        MetadataView view = View();
        TimeSpan validity = view.Table.TryResolve(refresh.Path, out MountedKey mounted) ? mounted.Mount.Freshness.BelieveAbsenceFor : TimeSpan.Zero;
        var entries = new List<FileStatus>();
        using var patience = new CancellationTokenSource(limits.FillProgressTimeout, time);
        DirectoryReader reader = Reader(view, refresh.Path, refresh.Stamp, refresh.StartedAt, learns: true);
        try
        {
            await foreach (FileStatus entry in reader.ReadAsync(startAfter: null, patience.Token).ConfigureAwait(false))
            {
                if (entries.Count == limits.MaxEntriesPerListing)
                {
                    view.Listings.Remember(refresh.Answer(Listing.Streamed, validity, weight: 1));
                    return refresh.Answer(new Listing([.. entries], IsComplete: false), TimeSpan.Zero, weight: 0);
                }
                entries.Add(entry);
                patience.CancelAfter(limits.FillProgressTimeout);
            }
        }
        catch (OperationCanceledException e) when (patience.IsCancellationRequested)
        {
            counters.UfsErrors.Increment();
            throw NoAnswer(refresh.Path, e);
        }
        // No more than its entries: the largest that is remembered must fit into a generation of the cache.
        return refresh.Answer(new Listing([.. entries], IsComplete: true), validity, Math.Max(1, entries.Count));
    }

    private DirectoryReader Reader(MetadataView view, CachePath directory, EpochStamp stamp, long startedAt, bool learns) =>
        new(view, directory, stamp, startedAt, pageSize, _epochs, counters, time, learns);

    private CacheException NoAnswer(CachePath path, Exception inner) => new(
        CacheError.Unavailable,
        $"The under storage of '{path}' did not answer for {limits.FillProgressTimeout.TotalSeconds} s; try again later.",
        inner);
}
