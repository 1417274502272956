using System.Diagnostics.CodeAnalysis;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Metadata;

/// <summary>
/// What is believed of paths, and the requests under way to learn more. One instance holds statuses, one listings.
/// </summary>
/// <remarks>
/// Invariants:
/// <list type="bullet">
/// <item>A belief is given out only before it expires and while its epoch stamp holds.</item>
/// <item>Per path at most one request runs and at most one waits to run.</item>
/// <item>A caller joins the running request only where a belief from that request would be good enough for it: it started less
/// than the validity ago (never, for strict) and nothing was invalidated since. Otherwise it joins the waiting one, which
/// starts later than the caller came.</item>
/// <item>A result is remembered before its request ceases to be the running one, and a caller looks again under the same lock
/// before it starts a request: no caller can slip between the two and ask twice.</item>
/// <item>Failures are given to all that wait, and forgotten. Where that was asked for, a store that does not answer is one exception: what was believed last, and was not
/// invalidated since, is told once more, and for <see cref="StaleFor"/> to whoever comes.</item>
/// </list>
/// </remarks>
internal sealed class Beliefs<T>(InvalidationEpochs epochs, Func<CachePath, EpochStamp> capture, TimeProvider time, GenerationalCache<T> cache)
{
    /// <summary>After this a dead store is asked again; as long as connectors do not ask it either.</summary>
    public static readonly TimeSpan StaleFor = TimeSpan.FromSeconds(5);

    /// <summary>Guards _running and Refresh.Next, and orders starts; held for a dictionary operation, never while asking.</summary>
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Refresh<T>> _running = new(StringComparer.Ordinal);

    public int Count => cache.Count;

    /// <summary>The same beliefs, and no request under way: who asks now does not wait for requests that began before.</summary>
    public Beliefs<T> WithoutRequests() => new(epochs, capture, time, cache);

    /// <summary>The belief about a path, where there is one now. No lock, no allocation.</summary>
    public bool TryGet(CachePath path, [MaybeNullWhen(false)] out Belief<T> belief, out TimeSpan remaining)
    {
        remaining = TimeSpan.Zero;
        return cache.TryGet(path.Value, out belief) && IsBelieved(belief, out remaining);
    }

    /// <summary>What was said of the path last, believed or not; null: nothing that is remembered.</summary>
    public Belief<T>? LastOf(CachePath path) => cache.TryGet(path.Value, out Belief<T>? last) ? last : null;

    /// <summary>What is left of a belief's validity; zero once it has expired or was invalidated.</summary>
    public TimeSpan RemainingOf(Belief<T> belief) => IsBelieved(belief, out TimeSpan remaining) ? remaining : TimeSpan.Zero;

    /// <summary>Remembers what was learnt, where it can still be believed.</summary>
    public void Remember(Belief<T> belief)
    {
        if (IsBelieved(belief, out _))
            cache.Store(belief.Path.Value, belief);
    }

    /// <summary>Waits for a request that is fresh enough, or starts one.</summary>
    /// <param name="path">The path.</param>
    /// <param name="validity">How old a running request may be to be joined; zero: strict.</param>
    /// <param name="ask">Asks the under storage; runs once per request, not per caller.</param>
    /// <param name="suffices">Whether a belief tells what the caller wants to know; null: any does. Requests always do.</param>
    /// <param name="mayBeStale">Whether what was believed before will do where the under storage does not answer.</param>
    public Task<Belief<T>> AskAsync(CachePath path, TimeSpan validity, Func<Refresh<T>, Task<Belief<T>>> ask, bool mayBeStale = false, Func<T, bool>? suffices = null)
    {
        Refresh<T> refresh;
        lock (_gate)
        {
            if (TryGet(path, out Belief<T>? belief, out _) && (suffices is null || suffices(belief.Value)))
                return Task.FromResult(belief);
            if (_running.TryGetValue(path.Value, out Refresh<T>? running))
                return (MayJoin(running, validity) ? running : running.Next ??= new Refresh<T>(path, ask, time) { MayBeStale = mayBeStale }).Answered;
            refresh = new Refresh<T>(path, ask, time) { MayBeStale = mayBeStale };
            Begin(refresh);
        }
        _ = RunAsync(refresh);
        return refresh.Answered;
    }

    private bool IsBelieved(Belief<T> belief, out TimeSpan remaining)
    {
        remaining = TimeSpan.MaxValue;
        if (belief.ExpiresAt != Belief<T>.Forever)
        {
            long now = time.GetTimestamp();
            remaining = now < belief.ExpiresAt ? time.GetElapsedTime(now, belief.ExpiresAt) : TimeSpan.Zero;
        }
        return remaining > TimeSpan.Zero && epochs.Holds(ref belief.Stamp, belief.Path);
    }

    private bool MayJoin(Refresh<T> running, TimeSpan validity)
    {
        EpochStamp stamp = running.Stamp;
        return running.IsYoungerThan(validity) && epochs.Holds(ref stamp, running.Path);
    }

    private void Begin(Refresh<T> refresh)
    {
        refresh.Begin(capture(refresh.Path));
        _running[refresh.Path.Value] = refresh;
    }

    private async Task RunAsync(Refresh<T> refresh)
    {
        try
        {
            Belief<T> belief = await refresh.AskAsync().ConfigureAwait(false);
            Remember(belief);
            End(refresh);
            refresh.Complete(belief);
        }
        catch (CacheException error) when (IsSilence(error) && refresh.MayBeStale && TryGetStale(refresh.Path, out Belief<T>? stale))
        {
            Remember(stale);
            End(refresh);
            refresh.Complete(stale);
        }
        catch (Exception error)
        {
            End(refresh);
            refresh.Fail(error);
        }
    }

    /// <summary>The under storage cannot be reached, fails, or has too much to do; what it refuses is an answer.</summary>
    private static bool IsSilence(CacheException error) => error is { Error: CacheError.Unavailable or CacheError.Overloaded, IsRefusal: false };

    /// <summary>What was believed, unless it was invalidated: as old as it is, but believed for a moment more.</summary>
    private bool TryGetStale(CachePath path, [NotNullWhen(true)] out Belief<T>? stale)
    {
        stale = null;
        if (!cache.TryGet(path.Value, out Belief<T>? last) || !epochs.Holds(ref last.Stamp, path))
            return false;
        stale = new Belief<T>(path, last.Value, last.Stamp, last.StartedAt, Belief.After(time.GetTimestamp(), StaleFor, time), last.Weight);
        return true;
    }

    private void End(Refresh<T> refresh)
    {
        Refresh<T>? next;
        lock (_gate)
        {
            next = refresh.Next;
            if (next is null)
                _running.Remove(refresh.Path.Value);
            else
                Begin(next);
        }
        // On the pool: under storages that answer synchronously would otherwise keep one caller's thread busy with everyone's requests.
        if (next is not null)
            _ = Task.Run(() => RunAsync(next));
    }
}
