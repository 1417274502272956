namespace Orleans.Cache.Grains.Placement;

/// <summary>
/// A grain that lives where the ring says. It holds nothing that its node does not know, so it may leave at any time: what is sent to it
/// meanwhile the runtime sends to its next activation.
/// </summary>
public abstract class RingGrain(IGrainContext context, LiveActivations live, Keeper keeper) : IGrainBase
{
    private LinkedListNode<IGrainContext>? _place;

    public IGrainContext GrainContext => context;

    /// <summary>First into the list, then the look at the ring: an activation that a change of the ring overtakes is seen here or by the keeper.</summary>
    Task IGrainBase.OnActivateAsync(CancellationToken token)
    {
        _place = live.Add(context);
        keeper.Look(context);
        return Task.CompletedTask;
    }

    Task IGrainBase.OnDeactivateAsync(DeactivationReason reason, CancellationToken token)
    {
        if (_place is not null)
            live.Remove(_place);
        return Task.CompletedTask;
    }
}
