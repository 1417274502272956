using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Grains.Placement;

/// <summary>
/// The activations of files' and pages' grains on this silo. What is cached is known to the engine, not to them, so one more or less costs a
/// few microseconds; many cost memory (1.6 KB each) and garbage collections long enough to look like a dead silo.
/// </summary>
/// <remarks>
/// Invariants: an activation is in the list from its activation to its deactivation, or until it was told to leave; at most
/// <c>limit</c> are. The eldest leaves first: pages are filled once, and a file that is opened all the time is back at its next open.
/// </remarks>
/// <param name="limit">Most that live at a time.</param>
public sealed class LiveActivations(int limit)
{
    private static readonly DeactivationReason TooMany = new(DeactivationReasonCode.ApplicationRequested, "More activations than this silo keeps; the eldest leaves.");

    private readonly Lock _gate = new();
    private readonly LinkedList<IGrainContext> _eldestFirst = [];

    /// <summary>Live now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _eldestFirst.Count;
        }
    }

    /// <summary>Made since the silo started.</summary>
    public Tally Made { get; } = new();

    /// <returns>To be given to <see cref="Remove"/>.</returns>
    public LinkedListNode<IGrainContext> Add(IGrainContext activation)
    {
        Made.Increment();
        var place = new LinkedListNode<IGrainContext>(activation);
        IGrainContext? leaving = null;
        lock (_gate)
        {
            _eldestFirst.AddLast(place);
            if (_eldestFirst.Count > limit)
            {
                leaving = _eldestFirst.First!.Value;
                _eldestFirst.RemoveFirst();
            }
        }
        // Outside of the lock: it calls into the runtime.
        leaving?.Deactivate(TooMany);
        return place;
    }

    public void Remove(LinkedListNode<IGrainContext> place)
    {
        lock (_gate)
        {
            if (place.List is not null)
                _eldestFirst.Remove(place);
        }
    }

    /// <summary>Those that live now.</summary>
    public IGrainContext[] Snapshot()
    {
        lock (_gate)
            return [.. _eldestFirst];
    }
}
