using System.Diagnostics;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>What a run has done so far. Safe for concurrent use.</summary>
internal sealed class Figures
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _operations;
    private long _faults;
    private long _errors;
    private long _bytes;
    private long _restarts;
    private long _evictions;
    private long _sequences;
    private long _wrong;

    public void CountOperation() => Interlocked.Increment(ref _operations);

    /// <summary>A misbehaviour of the source, or a damage to the store.</summary>
    public void CountFault() => Interlocked.Increment(ref _faults);

    /// <summary>An error that was the right answer.</summary>
    public void CountError() => Interlocked.Increment(ref _errors);

    public void CountBytes(int compared) => Interlocked.Add(ref _bytes, compared);

    public void CountRestart() => Interlocked.Increment(ref _restarts);

    public void CountSequence(long evictions)
    {
        Interlocked.Increment(ref _sequences);
        Interlocked.Add(ref _evictions, evictions);
    }

    public void CountWrong() => Interlocked.Increment(ref _wrong);

    public long Wrong => Interlocked.Read(ref _wrong);

    /// <summary>Adds those of a run that has ended.</summary>
    public void Add(Figures ended)
    {
        _operations += ended._operations;
        _faults += ended._faults;
        _errors += ended._errors;
        _bytes += ended._bytes;
        _restarts += ended._restarts;
        _evictions += ended._evictions;
        _sequences += ended._sequences;
        _wrong += ended._wrong;
    }

    public override string ToString()
    {
        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        return $"{_operations:N0} operations, {_faults:N0} faults, {_restarts:N0} restarts, {_evictions:N0} evictions, {_errors:N0} errors as they should be, "
            + $"{_bytes >> 20:N0} MiB compared, {_sequences:N0} sequences, {seconds:N0} seconds ({_operations / seconds:N0}/s), {_wrong:N0} wrong";
    }
}
