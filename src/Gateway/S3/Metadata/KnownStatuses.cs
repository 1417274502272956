using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>
/// Facts of the statuses that were asked for last: a slot for each hash of a path, which the last comer has. An entry counts only for the very status that it
/// was made of, so none is ever out of date; slots are written and read whole, so they need no lock.
/// </summary>
internal sealed class KnownStatuses
{
    private readonly StatusFacts?[] _slots = new StatusFacts?[S3Limits.MaxKnownStatuses];

    public StatusFacts? Find(BucketRoot bucket, FileStatus status) =>
        Volatile.Read(ref SlotOf(status.Path)) is { } found && found.Bucket == bucket && (ReferenceEquals(found.Status, status) || found.Status == status) ? found : null;

    public void Keep(StatusFacts facts)
    {
        if (facts.Status.Path.Value.Length <= S3Limits.MaxKnownPath)
            Volatile.Write(ref SlotOf(facts.Status.Path), facts);
    }

    private ref StatusFacts? SlotOf(CachePath path) => ref _slots[(uint)path.GetHashCode() % (uint)_slots.Length];
}
