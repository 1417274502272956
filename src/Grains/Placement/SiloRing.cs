using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Grains.Placement;

/// <summary>The ring of one membership snapshot, and which silo is which member. Immutable.</summary>
/// <remarks>
/// Only active silos are on it: one that joins or shuts down owns nothing. Names are hashed, so a silo that restarts, which is another silo to the
/// membership, gets its keys back. Of two silos of one name the younger counts: the elder is the same node before it died.
/// </remarks>
public sealed class SiloRing
{
    private readonly FrozenDictionary<string, SiloAddress> _silos;

    public SiloRing(ClusterMembershipSnapshot snapshot)
    {
        Snapshot = snapshot;
        (RingMember Member, SiloAddress Silo)[] members =
        [
            .. snapshot.Members.Values
                .Where(silo => silo.Status == SiloStatus.Active)
                .Select(silo => (Member: SiloName.TryParse(silo.Name), Silo: silo.SiloAddress))
                .Where(known => known.Member is not null)
                .GroupBy(known => known.Member!.Name)
                .Select(same => same.OrderByDescending(s => s.Silo.Generation).ThenBy(s => s.Silo).First())
                .Select(known => (known.Member!, known.Silo)),
        ];
        Ring = new HashRing(snapshot.Version.Value, members.Select(m => m.Member));
        _silos = members.ToFrozenDictionary(m => m.Member.Name, m => m.Silo);
    }

    public ClusterMembershipSnapshot Snapshot { get; }

    public HashRing Ring { get; }

    /// <summary>The silo on which a file's, a page's or a node's grain lives; null where it lives on none now.</summary>
    public SiloAddress? SiloOf(GrainId grain)
    {
        if (GrainKey.TryReadRing(grain.Key, out RingKey key))
            return Ring.Owner(key) is { } owner ? _silos[owner.Name] : null;
        return GrainKey.TryReadNode(grain.Key, out string name) ? _silos.GetValueOrDefault(name) : null;
    }
}

/// <summary>The ring now: computed once for each membership snapshot, by whoever asks first.</summary>
public sealed class SiloRings(IClusterMembershipService membership)
{
    private volatile SiloRing? _ring;

    public SiloRing Current
    {
        get
        {
            ClusterMembershipSnapshot now = membership.CurrentSnapshot;
            SiloRing? ring = _ring;
            // Two threads may compute the same one; a thread that was held up may put an older one back, which the next reader replaces.
            return ring is not null && ReferenceEquals(ring.Snapshot, now) ? ring : _ring = new SiloRing(now);
        }
    }

    /// <summary>The ring now, and again after each change of the membership, at once.</summary>
    public async IAsyncEnumerable<SiloRing> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ClusterMembershipSnapshot _ in membership.MembershipUpdates.WithCancellation(cancellationToken).ConfigureAwait(false))
            yield return Current;
    }
}
