using Microsoft.Extensions.Hosting;

namespace Orleans.Cache.Grains.Placement;

/// <summary>
/// Makes activations leave that the ring has given to another silo: the runtime moves nothing by itself when silos come and go. Nothing is taken
/// along: the new owner's node knows or asks.
/// </summary>
public sealed class Keeper(SiloRings rings, ILocalSiloDetails local, LiveActivations live) : BackgroundService
{
    private static readonly DeactivationReason Moved = new(DeactivationReasonCode.ApplicationRequested, "The ring has given the grain to another silo.");

    /// <summary>Makes one activation leave if it lives elsewhere now.</summary>
    internal void Look(IGrainContext activation)
    {
        if (rings.Current.SiloOf(activation.GrainId) is { } owner && !owner.Equals(local.SiloAddress))
            activation.Deactivate(Moved);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (SiloRing _ in rings.FollowAsync(stoppingToken).ConfigureAwait(false))
        {
            foreach (IGrainContext activation in live.Snapshot())
                Look(activation);
        }
    }
}
