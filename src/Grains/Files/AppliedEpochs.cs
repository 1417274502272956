namespace Orleans.Cache.Grains.Files;

/// <summary>
/// Remembers which changes this node was told of lately, so that a message that comes late does not make it forget what it learnt since. It may
/// forget at any time: to be told twice costs a request to the under storage, to miss a change would be wrong. Therefore a slot names its change in full.
/// </summary>
public sealed class AppliedEpochs
{
    /// <summary>Messages are late by milliseconds; so many changes are not announced in that time.</summary>
    private const int Slots = 4096;

    private readonly Lock _gate = new();
    private readonly (string? Path, bool Recursive, InvalidationEpoch Epoch)[] _slots = new (string?, bool, InvalidationEpoch)[Slots];

    /// <summary>Whether the change is later than what is remembered; it is remembered then.</summary>
    public bool IsNew(string path, bool recursive, InvalidationEpoch epoch)
    {
        int slot = (path.GetHashCode(StringComparison.Ordinal) ^ (recursive ? 1 : 0)) & (Slots - 1);
        lock (_gate)
        {
            (string? Path, bool Recursive, InvalidationEpoch Epoch) last = _slots[slot];
            if (last.Path == path && last.Recursive == recursive && last.Epoch.Issuer.Equals(epoch.Issuer) && last.Epoch.Number >= epoch.Number)
                return false;
            _slots[slot] = (path, recursive, epoch);
            return true;
        }
    }
}
