using Microsoft.Extensions.Hosting;

namespace Orleans.Cache.Grains.Silos;

/// <summary>
/// A process that stood still (SIGSTOP, a suspended machine) may have been given up meanwhile, and nobody tells the dead: it asks at once. Until it knows,
/// writers elsewhere do not tell it what they change.
/// </summary>
internal sealed class WakeWatch(IClusterMembershipService membership, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>Below the time after which others give a silent silo up, above what a busy machine's timers are late.</summary>
    private static readonly TimeSpan StoodStill = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        for (long last = time.GetTimestamp(); await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false); last = time.GetTimestamp())
        {
            if (time.GetElapsedTime(last) < StoodStill)
                continue;
            try
            {
                await membership.Refresh(cancellationToken: stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Who keeps the members does not answer now; the silo itself asks again soon (TableRefreshTimeout).
            }
        }
    }
}
