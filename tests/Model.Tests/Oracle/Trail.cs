namespace Orleans.Cache.Model.Tests.Oracle;

/// <summary>All that ever was at one path, newest first, and when belief in it ended by command. Guarded by the Past it belongs to.</summary>
internal sealed class Trail(string path)
{
    private readonly List<(long From, long To)> _nameEnds = [];
    private readonly List<(long From, long To)> _listingEnds = [];

    public string Path { get; } = path;

    public Version Latest { get; private set; } = new(Kind.Absent, [], from: 0, previous: null);

    public Version Add(Kind kind, byte[] content, long from)
    {
        Latest.LeavesFrom = from;
        return Latest = new Version(kind, content, from, Latest);
    }

    /// <summary>What was believed of the path ended somewhere in [from, to].</summary>
    public void EndNameBelief(long from, long to) => _nameEnds.Add((from, to));

    public void EndListingBelief(long from, long to) => _listingEnds.Add((from, to));

    /// <summary>Nothing learnt before this moment may be answered to an operation that starts at <paramref name="start"/>.</summary>
    public long NameBound(long start) => BoundOf(_nameEnds, start);

    public long ListingBound(long start) => BoundOf(_listingEnds, start);

    /// <summary>The version at a moment, where no change was under way.</summary>
    public Version At(long moment)
    {
        Version version = Latest;
        while (version.From >= moment && version.Previous is { } previous)
            version = previous;
        return version;
    }

    /// <summary>What was lately.</summary>
    public override string ToString() => $"{Path}: {string.Join(", ", History().Take(8))}; belief ended at {string.Join(", ", _nameEnds.TakeLast(8))}";

    private IEnumerable<Version> History()
    {
        for (Version? version = Latest; version is not null; version = version.Previous)
            yield return version;
    }

    private static long BoundOf(List<(long From, long To)> ends, long start)
    {
        for (int i = ends.Count - 1; i >= 0; i--)
        {
            if (ends[i].To < start)
                return ends[i].From;
        }
        return 0;
    }
}
