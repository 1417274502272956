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
        bool isTaken = !isEqual && (!state.RecordExists || IsAlone());
        if (isTaken || (isEqual && now.Added is null))
        {
            state.State = new MountState
            {
                Version = isTaken ? now.Version + 1 : now.Version,
                Fingerprint = offer.Fingerprint,
                Mounts = offer.Mounts,
                Added = now.Added ?? offer.Added,
            };
            await WriteAsync();
        }
        return new MountVerdict(isEqual || isTaken, state.State.Version, state.State.Mounts, state.State.Added ?? offer.Added);
    }

    public ValueTask<AddedMounts?> GetAddedAsync()
    {
        counters.MountCalls.Increment();
        return new(state.State.Added);
    }

    public async ValueTask<MountsChange> ChangeAsync(long before, AddedMounts after)
    {
        counters.MountCalls.Increment();
        if (state.State.Added is not { } now || now.Version != before)
            return new MountsChange(false, state.State.Added ?? new AddedMounts(0, []));
        state.State.Added = after;
        await WriteAsync();
        return new MountsChange(true, after);
    }

    /// <summary>Where it is not known what was stored, the next activation reads it.</summary>
    private async Task WriteAsync()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }
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

    /// <summary>Null where none was ever offered.</summary>
    [Id(3)]
    public AddedMounts? Added { get; set; }
}
