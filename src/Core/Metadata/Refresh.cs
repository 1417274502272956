using Orleans.Cache.Identity;

namespace Orleans.Cache.Metadata;

/// <summary>
/// One request to an under storage that any number of callers wait for. It belongs to none of them: a caller that leaves
/// stops waiting, the request goes on.
/// </summary>
internal sealed class Refresh<T>(CachePath path, Func<Refresh<T>, Task<Belief<T>>> ask, TimeProvider time)
{
    private readonly TaskCompletionSource<Belief<T>> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CachePath Path { get; } = path;

    public Task<Belief<T>> Answered => _result.Task;

    /// <summary>Starts when this one ends; for callers that must not be answered from this one.</summary>
    public Refresh<T>? Next { get; set; }

    /// <summary>Whether what was believed before is told again where the under storage does not answer.</summary>
    public bool MayBeStale { get; init; }

    /// <summary>Set by <see cref="Begin"/>; validity counts from here.</summary>
    public long StartedAt { get; private set; }

    /// <summary>Set by <see cref="Begin"/>: where the path's epochs stood before the request started.</summary>
    public EpochStamp Stamp { get; private set; }

    /// <summary>Fixes the moment of the request's start. Only then may the under storage be asked.</summary>
    public void Begin(EpochStamp stamp)
    {
        Stamp = stamp;
        StartedAt = time.GetTimestamp();
    }

    public Task<Belief<T>> AskAsync() => ask(this);

    /// <summary>The result, believed for <paramref name="validFor"/> from the start of the request.</summary>
    public Belief<T> Answer(T value, TimeSpan validFor, int weight) => Belief.From(Path, value, Stamp, StartedAt, validFor, weight, time);

    /// <summary>Whether an answer from this request could still be believed for a while, were it there.</summary>
    public bool IsYoungerThan(TimeSpan age) => time.GetTimestamp() < Belief.After(StartedAt, age, time);

    public void Complete(Belief<T> belief) => _result.SetResult(belief);

    public void Fail(Exception error)
    {
        _result.SetException(error);
        // Observed even where every caller has left.
        _ = _result.Task.Exception;
    }
}
