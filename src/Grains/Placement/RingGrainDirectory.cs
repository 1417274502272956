using System.Diagnostics.CodeAnalysis;
using Orleans.GrainDirectory;
using Orleans.Runtime.GrainDirectory;

namespace Orleans.Cache.Grains.Placement;

/// <summary>
/// A directory that stores nothing: the ring says where a grain lives. An activation anywhere else is told so when it registers, and the
/// runtime forwards what was sent to it; so two silos that see different rings for a moment agree on one activation.
/// </summary>
internal sealed class RingGrainDirectory(SiloRings rings) : IGrainDirectory
{
    /// <summary>What grains name by <see cref="GrainDirectoryAttribute"/>.</summary>
    public const string Name = "ring";

    public Task<GrainAddress?> Register(GrainAddress address)
    {
        SiloRing now = rings.Current;
        SiloAddress? owner = now.SiloOf(address.GrainId);
        return Task.FromResult<GrainAddress?>(owner is null || owner.Equals(address.SiloAddress) ? address : AddressAt(owner, address.GrainId, now));
    }

    public Task<GrainAddress?> Lookup(GrainId grainId)
    {
        SiloRing now = rings.Current;
        return Task.FromResult(now.SiloOf(grainId) is { } owner ? AddressAt(owner, grainId, now) : null);
    }

    public Task Unregister(GrainAddress address) => Task.CompletedTask;

    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;

    /// <summary>No activation is named: whichever is there answers.</summary>
    internal static GrainAddress AddressAt(SiloAddress silo, GrainId grain, SiloRing ring) =>
        new() { GrainId = grain, SiloAddress = silo, MembershipVersion = ring.Snapshot.Version };
}

/// <summary>
/// Takes the place of the runtime's cache in front of such directories, which would go on naming a silo that owns the grain no longer. Asking the ring is as
/// fast and takes no memory.
/// </summary>
internal sealed class RingDirectoryCache(SiloRings rings) : IGrainDirectoryCache
{
    public IEnumerable<(GrainAddress ActivationAddress, int Version)> KeyValues => [];

    public bool LookUp(GrainId key, [NotNullWhen(true)] out GrainAddress? result, out int version)
    {
        SiloRing now = rings.Current;
        SiloAddress? owner = now.SiloOf(key);
        result = owner is null ? null : RingGrainDirectory.AddressAt(owner, key, now);
        version = (int)now.Snapshot.Version.Value;
        return owner is not null;
    }

    public void AddOrUpdate(GrainAddress value, int version)
    {
        // The ring knows.
    }

    public bool Remove(GrainId key) => false;

    public bool Remove(GrainAddress key) => false;

    public void Clear()
    {
        // There is nothing.
    }
}
