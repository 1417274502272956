using System.Numerics;
using System.Text;

namespace Orleans.Cache.Ring;

/// <summary>
/// Which node owns which key: consistent hashing (Karger et al., 1997) with many points a node. An immutable snapshot with a version;
/// a change of membership is another ring.
/// </summary>
/// <remarks>
/// Invariants:
/// <list type="bullet">
/// <item>A node's points depend on its name and weight alone: when it joins, keys move to it only; when it leaves, only its keys move.</item>
/// <item>Owners(key, n) without its first is Owners(key, n - 1) of the ring without that node: who takes over is known beforehand.</item>
/// <item>_points is ascending; _firsts[b] is the index of the first point whose leading bits are at least b.</item>
/// </list>
/// Why points and not one of the alternatives: docs/decisions/0003-ring.md.
/// </remarks>
public sealed class HashRing
{
    /// <summary>
    /// Points of a node of weight 1. A node's share varies by 1 / sqrt(points) = 2.2 %, so among 100 equal nodes the largest share is
    /// about 1.06 of the mean, and 1.10 would be 4.5 standard deviations.
    /// </summary>
    public const int PointsPerWeight = 2048;

    /// <summary>A point is one word: its place in the upper 48 bits, its member's index in the others.</summary>
    private const int MemberBits = 16;

    /// <summary>An odd number: a node's points are the hashes of an arithmetic progression from the hash of its name (SplitMix64's increment).</summary>
    private const ulong PointStep = 0x9E3779B97F4A7C15;

    private readonly RingMember[] _members;
    private readonly ulong[] _points;
    private readonly int[] _firsts;
    private readonly int _shift;

    /// <param name="version">Rises with each ring that its maker publishes.</param>
    /// <param name="members">The nodes, in any order; none is allowed: then nobody owns anything.</param>
    /// <exception cref="CacheException">InvalidArgument: two nodes of one name, a weight out of range, or too many nodes.</exception>
    public HashRing(long version, IEnumerable<RingMember> members)
    {
        Version = version;
        _members = [.. members.OrderBy(m => m.Name, StringComparer.Ordinal)];
        Check(_members);
        int[] counts = [.. _members.Select(PointsOf)];
        int total = counts.Sum();
        // As many buckets as points: a lookup reads one bucket's bounds and about one point.
        int bits = Math.Max(1, BitOperations.Log2((uint)Math.Max(total, 1)));
        _shift = 64 - bits;
        _firsts = new int[(1 << bits) + 1];
        _points = new ulong[total];
        Place(counts);
        Fingerprint = FingerprintOf(_members);
    }

    public long Version { get; }

    /// <summary>Equal for rings that give every key the same owners, whatever their versions: hash of names and weights.</summary>
    public ulong Fingerprint { get; }

    /// <summary>In ordinal order of names.</summary>
    public IReadOnlyList<RingMember> Members => _members;

    /// <summary>Bytes of the points and their index.</summary>
    public long MemoryBytes => _points.Length * (long)sizeof(ulong) + _firsts.Length * (long)sizeof(int);

    /// <summary>The owner of a key; null on an empty ring. No allocation.</summary>
    public RingMember? Owner(RingKey key) => _points.Length == 0 ? null : _members[MemberAt(IndexOf(key))];

    /// <summary>The first <paramref name="count"/> owners of a key, each another node: the owner, then who takes over, in order. Fewer on a smaller ring.</summary>
    public IReadOnlyList<RingMember> Owners(RingKey key, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var owners = new List<RingMember>(Math.Min(count, _members.Length));
        if (_points.Length == 0)
            return owners;
        int start = IndexOf(key);
        for (int i = 0; i < _points.Length && owners.Count < Math.Min(count, _members.Length); i++)
        {
            RingMember next = _members[MemberAt((start + i) % _points.Length)];
            if (!owners.Contains(next))
                owners.Add(next);
        }
        return owners;
    }

    /// <summary>The part of all keys that a member owns, 0 to 1; in the order of <see cref="Members"/>.</summary>
    public double[] Shares()
    {
        double[] shares = new double[_members.Length];
        for (int i = 0; i < _points.Length; i++)
        {
            // From the point before, around the circle for the first. A lone point owns it all.
            ulong before = _points[(i + _points.Length - 1) % _points.Length] >> MemberBits;
            ulong arc = ((_points[i] >> MemberBits) - before) & (ulong.MaxValue >> MemberBits);
            shares[MemberAt(i)] += _points.Length == 1 ? 1 : arc / (double)(1UL << (64 - MemberBits));
        }
        return shares;
    }

    private static int PointsOf(RingMember member) => Math.Max(1, (int)Math.Round(member.Weight * PointsPerWeight));

    private static void Check(RingMember[] members)
    {
        if (members.Length >= 1 << MemberBits)
            throw new CacheException(CacheError.InvalidArgument, $"A ring has at most {(1 << MemberBits) - 1} nodes, not {members.Length}.");
        for (int i = 0; i < members.Length; i++)
        {
            members[i].Validate();
            if (i > 0 && members[i].Name == members[i - 1].Name)
                throw new CacheException(CacheError.InvalidArgument, $"Two nodes are called '{members[i].Name}'; give each node a name of its own.");
        }
    }

    private static ulong PointAt(ulong start, int number, int member) =>
        (XxHash64.Avalanche(start + (ulong)number * PointStep) & ~((1UL << MemberBits) - 1)) | (uint)member;

    private static ulong FingerprintOf(RingMember[] members)
    {
        ulong fingerprint = 0;
        foreach (RingMember member in members)
            fingerprint = XxHash64.Of(Encoding.UTF8.GetBytes(member.Name), fingerprint + (ulong)PointsOf(member));
        return fingerprint;
    }

    /// <summary>
    /// Sorts by counting: points are hashes, so there is about one in each bucket. Two passes over the buckets instead of a sort's
    /// twenty; the same counts are the index.
    /// </summary>
    private void Place(int[] counts)
    {
        ulong[] starts = [.. _members.Select(m => XxHash64.Of(Encoding.UTF8.GetBytes(m.Name)))];
        for (int member = 0; member < starts.Length; member++)
        {
            for (int i = 0; i < counts[member]; i++)
                _firsts[(PointAt(starts[member], i, member) >> _shift) + 1]++;
        }
        for (int bucket = 1; bucket < _firsts.Length; bucket++)
            _firsts[bucket] += _firsts[bucket - 1];
        int[] next = _firsts.AsSpan().ToArray();
        for (int member = 0; member < starts.Length; member++)
        {
            for (int i = 0; i < counts[member]; i++)
                Insert(PointAt(starts[member], i, member), next);
        }
    }

    /// <summary>Puts a point behind those of its bucket that are smaller.</summary>
    private void Insert(ulong point, int[] next)
    {
        int bucket = (int)(point >> _shift);
        int at = next[bucket]++;
        for (; at > _firsts[bucket] && _points[at - 1] > point; at--)
            _points[at] = _points[at - 1];
        _points[at] = point;
    }

    /// <summary>The first point at or after the key's place, around the circle.</summary>
    private int IndexOf(RingKey key)
    {
        ulong place = key.Value & ~((1UL << MemberBits) - 1);
        int i = _firsts[place >> _shift];
        while (i < _points.Length && _points[i] < place)
            i++;
        return i == _points.Length ? 0 : i;
    }

    private int MemberAt(int point) => (int)(_points[point] & ((1UL << MemberBits) - 1));
}
