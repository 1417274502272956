namespace Orleans.Cache.Testing;

/// <summary>Counts what code allocates on the thread it runs on.</summary>
public static class Allocations
{
    /// <summary>
    /// A collection in the middle books the unused rest of the thread's allocation context, up to 8 KiB, as allocated. Other tests
    /// of the process bring collections at any time, so the least of several runs counts.
    /// </summary>
    private const int Runs = 5;

    /// <summary>Bytes that one run allocates. It must complete synchronously: after a wait it might be on another thread.</summary>
    public static long Of(Func<ValueTask> run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Runs; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            ValueTask running = run();
            if (!running.IsCompletedSuccessfully)
                throw new InvalidOperationException("The code under test waited or failed, so its allocations cannot be counted.");
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
