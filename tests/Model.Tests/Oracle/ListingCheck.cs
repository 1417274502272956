namespace Orleans.Cache.Model.Tests.Oracle;

/// <summary>
/// Whether a listing is one that the mode allows. Where changes and listings take turns, a directory's entries must be those of
/// one moment; where they run side by side, each entry by itself must be (or have been) there, and each name that is left out
/// must not.
/// </summary>
internal sealed class ListingCheck(Dictionary<string, Trail> trails, Past past)
{
    /// <param name="directory">What was listed.</param>
    /// <param name="entries">What came, in the order it came.</param>
    /// <param name="window">When.</param>
    /// <param name="ofOneMoment">Changes and listings take turns.</param>
    public string? Complaint(string directory, IReadOnlyList<Seen> entries, Window window, bool ofOneMoment)
    {
        for (int i = 1; i < entries.Count; i++)
        {
            if (string.CompareOrdinal(entries[i - 1].Path, entries[i].Path) >= 0)
                return $"listing of '{directory}' is out of order: {entries[i - 1].Path}, {entries[i].Path}";
        }
        bool right = ofOneMoment
            ? CandidateMoments(directory, window).Any(moment => IsWhatWas(directory, entries, moment))
            : Universe.ChildrenOf(directory).All(child => MayBe(child, entries, window, trails[directory].ListingBound(window.Start)));
        return right ? null : $"listing of '{directory}' in {window} is none that {past.Freshness} allows: {string.Join(", ", entries)}; "
            + string.Join("; ", Universe.ChildrenOf(directory).Select(c => trails[c]));
    }

    /// <summary>The listing failed because nothing, or a file, was there.</summary>
    public string? ComplaintAboutError(string directory, CacheError error, Window window)
    {
        Trail trail = trails[directory];
        bool right = error == CacheError.NotFound
            && past.Find(trail, window, trail.ListingBound(window.Start), v => v.Kind == Kind.Absent) is not null;
        return right ? null : $"listing of '{directory}' failed with {error} in {window}, which nothing explains; {trail}";
    }

    /// <summary>The present, and the moment before each change of an entry that the mode may still believe.</summary>
    private IEnumerable<long> CandidateMoments(string directory, Window window)
    {
        yield return window.End;
        long bound = trails[directory].ListingBound(window.Start);
        long validity = past.ValidityOf(Kind.Absent);
        foreach (string path in Universe.ChildrenOf(directory).Append(directory))
        {
            Version newer = trails[path].Latest;
            for (Version? older = newer.Previous; older is not null && older.Until >= bound; (newer, older) = (older, older.Previous))
            {
                if (older.Until >= window.Start || Past.IsBelieved(older.UntilTime, validity, window.StartTime))
                    yield return newer.From;
            }
        }
    }

    private bool IsWhatWas(string directory, IReadOnlyList<Seen> entries, long moment)
    {
        int next = 0;
        foreach (string child in Universe.ChildrenOf(directory))
        {
            Version version = trails[child].At(moment);
            if (version.Kind == Kind.Absent)
                continue;
            if (next == entries.Count || entries[next].Path != child || !past.IsSeen(version, entries[next]))
                return false;
            next++;
        }
        return next == entries.Count;
    }

    private bool MayBe(string child, IReadOnlyList<Seen> entries, Window window, long bound)
    {
        Seen seen = new(child, Kind.Absent, 0, null);
        foreach (Seen entry in entries)
        {
            if (entry.Path == child)
                seen = entry;
        }
        // A listing is believed as long as an absence is, also what it says of those that are there.
        return past.Find(trails[child], window, bound, v => past.IsSeen(v, seen)
            && (v.Until >= window.Start || Past.IsBelieved(v.UntilTime, past.ValidityOf(Kind.Absent), window.StartTime))) is not null;
    }
}
