using System.Diagnostics;

namespace Orleans.Cache.Model.Tests.Operations;

/// <summary>
/// Makes a failing sequence as short as it can: leaves out ever smaller runs of operations, then puts simpler operations in the
/// place of others, as long as it still fails.
/// </summary>
/// <param name="failsAsync">Runs a sequence; null where it passes, else what was wrong.</param>
internal sealed class Shrinker(Func<IReadOnlyList<Operation>, Task<string?>> failsAsync)
{
    /// <summary>A failure that needs a race may not come at once; one that does comes the first time.</summary>
    private const int Attempts = 3;

    /// <summary>A long list that comes is better than a short one that does not.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly long _started = Stopwatch.GetTimestamp();

    public async Task<(IReadOnlyList<Operation> Operations, string Failure)> ShrinkAsync(IReadOnlyList<Operation> operations, string failure)
    {
        Operation[] smallest = [.. operations];
        for (int run = smallest.Length / 2; run > 0;)
        {
            int before = smallest.Length;
            for (int at = 0; at < smallest.Length;)
            {
                Operation[] candidate = [.. smallest[..at], .. smallest[Math.Min(at + run, smallest.Length)..]];
                if (await TryAsync(candidate) is { } found)
                    (smallest, failure) = (candidate, found);
                else
                    at += run;
            }
            // Again with the same length as long as it helps: what was needed by what is gone now may go, too.
            run = run > 1 ? run / 2 : smallest.Length < before ? 1 : 0;
        }
        for (int at = 0; at < smallest.Length; at++)
        {
            foreach (Operation simpler in SimplerThan(smallest[at]))
            {
                Operation[] candidate = [.. smallest];
                candidate[at] = simpler;
                if (await TryAsync(candidate) is { } found)
                    (smallest, failure) = (candidate, found);
            }
        }
        return (smallest, failure);
    }

    private static IEnumerable<Operation> SimplerThan(Operation operation) => operation switch
    {
        During during => [during.Inner, during.Outer],
        Faulted faulted => [faulted.Inner],
        DuringWrite during => [during.Inner, during.Outer],
        FaultedWrite faulted => [faulted.Inner],
        PutThrough put => [put with { Length = 1 }],
        Restart restart => [restart with { How = RestartHow.Clean }],
        Put put => [put with { How = Sources.PutHow.Replace }, put with { Length = 1 }],
        Read read => [read with { Lent = false }, read with { Offset = 0 }, read with { Length = 1 }],
        _ => [],
    };

    private async Task<string?> TryAsync(Operation[] candidate)
    {
        for (int attempt = 0; attempt < Attempts && Stopwatch.GetElapsedTime(_started) < Patience; attempt++)
        {
            if (await failsAsync(candidate) is { } failure)
                return failure;
        }
        return null;
    }
}
