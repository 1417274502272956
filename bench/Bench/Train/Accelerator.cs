namespace Orleans.Cache.Bench.Train;

/// <summary>
/// An accelerator and its readers. It takes one batch after the other, and sleeps for as long as it would compute; the readers fetch samples in an order of their own, in
/// their own threads, at most two batches ahead.
/// </summary>
internal sealed class Accelerator : IDisposable
{
    /// <summary>As a DataLoader's workers; each keeps one sample under way.</summary>
    public const int Readers = 8;

    private const int BatchesAhead = 2;

    private readonly Workload _workload;
    private readonly ISamples _samples;
    private readonly CancellationTokenSource _over;
    private readonly int[] _order;
    private readonly CountdownEvent[] _batches;
    private readonly SemaphoreSlim _room;
    private int _next = -1;
    private Exception? _failure;

    private Accelerator(Workload workload, ISamples samples, int seed, TimeSpan limit)
    {
        _workload = workload;
        _samples = samples;
        _over = new CancellationTokenSource(limit);
        _order = [.. Enumerable.Range(0, workload.Samples)];
        new Random(seed).Shuffle(_order);
        _batches = [.. Enumerable.Range(0, workload.Steps).Select(_ => new CountdownEvent(workload.Batch))];
        _room = new SemaphoreSlim(BatchesAhead * workload.Batch);
    }

    /// <summary>An epoch by so many accelerators at a time, each of which sees all samples.</summary>
    /// <param name="workload">What is read.</param>
    /// <param name="samples">From where.</param>
    /// <param name="count">Accelerators.</param>
    /// <param name="seed">Of the order.</param>
    /// <param name="limit">After this the epoch is broken off: utilisation is a rate.</param>
    public static Epoch Run(Workload workload, ISamples samples, int count, int seed, TimeSpan limit)
    {
        var epochs = new Epoch[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            using var accelerator = new Accelerator(workload, samples, seed + i, limit);
            epochs[i] = accelerator.Train();
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        return new Epoch(epochs.Max(e => e.Seconds), epochs.Max(e => e.FirstBatchSeconds), epochs.Min(e => e.Steps), epochs.Average(e => e.Utilisation));
    }

    public void Dispose()
    {
        _over.Dispose();
        _room.Dispose();
        foreach (CountdownEvent batch in _batches)
            batch.Dispose();
    }

    private Epoch Train()
    {
        long start = TimeProvider.System.GetTimestamp();
        Thread[] readers = [.. Enumerable.Range(0, Readers).Select(_ => new Thread(Read))];
        foreach (Thread reader in readers)
            reader.Start();
        double firstBatch = 0, computed = 0;
        int steps = 0;
        try
        {
            foreach (CountdownEvent batch in _batches)
            {
                batch.Wait(_over.Token);
                if (steps++ == 0)
                    firstBatch = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
                long begun = TimeProvider.System.GetTimestamp();
                Thread.Sleep(_workload.Step);
                // What it slept, not what it should have: on a full machine sleeps are late, which is no waiting for data.
                computed += TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
                _room.Release(_workload.Batch);
            }
        }
        catch (OperationCanceledException)
        {
            // Broken off.
        }
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        _over.Cancel();
        foreach (Thread reader in readers)
            reader.Join();
        if (_failure is not null)
            throw _failure;
        return new Epoch(seconds, steps == 0 ? seconds : firstBatch, steps, computed / seconds);
    }

    private void Read()
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(_workload.SampleBytes);
        try
        {
            while (true)
            {
                // Room first: who had a number and waited for room could keep a batch waiting that makes room.
                _room.Wait(_over.Token);
                int i = Interlocked.Increment(ref _next);
                if (i >= _batches.Length * _workload.Batch)
                    return;
                _samples.Read(_order[i], buffer);
                _batches[i / _workload.Batch].Signal();
            }
        }
        catch (OperationCanceledException)
        {
            // Broken off.
        }
        catch (Exception e)
        {
            _failure = e;
            _over.Cancel();
        }
    }
}

/// <summary>What an epoch showed.</summary>
/// <param name="Seconds">From its start to its end, or to where it was broken off.</param>
/// <param name="FirstBatchSeconds">Until the first batch was complete.</param>
/// <param name="Steps">That were done.</param>
/// <param name="Utilisation">Time computed by time: AU.</param>
internal readonly record struct Epoch(double Seconds, double FirstBatchSeconds, int Steps, double Utilisation)
{
    /// <summary>For all steps of the epoch, at the rate of those that were done.</summary>
    public double WholeSeconds(Workload workload) => Steps == 0 ? double.PositiveInfinity : Seconds * workload.Steps / Steps;
}
