using System.CommandLine;
using System.Runtime.CompilerServices;
using Orleans.Cache.Cli.Commands;

namespace Orleans.Cache.Cli.Measuring;

/// <summary>The options --count and --interval: how often, and when.</summary>
internal sealed class Sampling(string what, double defaultSeconds)
{
    /// <summary>Below this, asking disturbs what is measured.</summary>
    private const double MinSeconds = 0.05;

    private const double MaxSeconds = 86_400;

    private readonly Option<int?> _count = new("-n", "--count") { Description = $"How many {what}.", HelpName = "N" };

    private readonly Option<double> _interval = new("-i", "--interval")
    {
        Description = "Seconds between them.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => defaultSeconds,
    };

    public void AddTo(Command command)
    {
        command.Add(_count);
        command.Add(_interval);
    }

    /// <summary>The number of each sample, at once and then after each interval.</summary>
    public async IAsyncEnumerable<int> TicksAsync(Invocation call, bool endless, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        double seconds = call.Get(_interval);
        if (seconds is not (>= MinSeconds and <= MaxSeconds))
            throw new CommandFailedException(ExitCode.Usage, $"--interval {seconds} is not between {MinSeconds} and {MaxSeconds} seconds.");
        int count = call.Get(_count) ?? (endless ? int.MaxValue : 1);
        if (count < 1)
            throw new CommandFailedException(ExitCode.Usage, $"--count {count} is not 1 or more.");
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        for (int i = 0; i < count; i++)
        {
            if (i > 0)
                await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
            yield return i;
        }
    }
}
