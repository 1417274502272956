using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Orleans.Cache.Grains.Placement;

/// <summary>Places a grain on the silo that owns the ring key in its key.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking]
public sealed class RingPlacement : PlacementStrategy
{
    internal static RingPlacement Instance { get; } = new();
}

/// <summary>Marks grains whose keys are <see cref="GrainKey"/>'s.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RingPlacementAttribute() : PlacementAttribute(RingPlacement.Instance);

/// <summary>Asked where a grain's first call finds no silo in the directory, which is only while no silo is active.</summary>
internal sealed class RingDirector(SiloRings rings) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(rings.Current.SiloOf(target.GrainIdentity) ?? context.LocalSilo);
}
