using Orleans.Cache.Grains.Telemetry;

namespace Orleans.Cache.Grains.Mounts;

/// <summary>
/// One at a time: of two nodes that start at once with different tables the second is refused. The table of a cluster of which nobody is left does not
/// bind the next one.
/// </summary>
internal sealed class MountGrain(
    [PersistentState("mounts", MountGrain.Storage)] IPersistentState<MountState> state, IClusterMembershipService membership, GrainCounters counters)
    : Grain, IMountGrain
{
    /// <summary>Name of the grain storage.</summary>
    public const string Storage = "ocache";

    public async ValueTask<MountVerdict> OfferAsync(MountOffer offer)
    {
        counters.MountCalls.Increment();
        MountState now = state.State;
        bool isEqual = state.RecordExists && now.Fingerprint == offer.Fingerprint;
        if (!isEqual && (!state.RecordExists || IsAlone()))
        {
            state.State = new MountState { Version = now.Version + 1, Fingerprint = offer.Fingerprint, Mounts = offer.Mounts };
            await state.WriteStateAsync();
            isEqual = true;
        }
        return new MountVerdict(isEqual, state.State.Version, state.State.Mounts);
    }

    /// <summary>Whoever asks is active.</summary>
    private bool IsAlone() => membership.CurrentSnapshot.Members.Values.Count(m => m.Status == SiloStatus.Active) <= 1;
}

/// <summary>What the grain storage keeps.</summary>
[GenerateSerializer, Alias("ocache.mount-state")]
internal sealed class MountState
{
    [Id(0)]
    public long Version { get; set; }

    [Id(1)]
    public ulong Fingerprint { get; set; }

    [Id(2)]
    public string[] Mounts { get; set; } = [];
}
