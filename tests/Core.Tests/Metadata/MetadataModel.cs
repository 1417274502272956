using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Core.Tests.Metadata;

/// <summary>
/// What each mode may answer, stated without caching anything: the source's past. Every operation is a moment; an answer is right
/// if it is what the source held at some moment that is recent enough for the mode and not before the last invalidation.
/// </summary>
internal sealed class MetadataModel(GatedUnderStorage source, TimeProvider time)
{
    private readonly List<Moment> _past = [];
    private readonly List<(int Moment, CachePath Path, bool Recursive)> _invalidations = [];
    private int _remounted;

    public Freshness Freshness { get; private set; }

    /// <summary>Notes what the source holds now; to be called after each change and before each question.</summary>
    public void Note(IEnumerable<string> keys, IEnumerable<string> directories) => _past.Add(new Moment(
        time.GetTimestamp(),
        keys.ToDictionary(k => k, k => Describe(k)),
        directories.ToDictionary(d => d, d => string.Join(' ', source.PeekEntries(d).Select(e => $"{e.Name}={Describe(e.Key)}")))));

    public void Remount(Freshness freshness)
    {
        Freshness = freshness;
        _remounted = _past.Count;
    }

    public void Invalidate(CachePath path, bool recursive) => _invalidations.Add((_past.Count, path, recursive));

    /// <summary>Null where the answer is right; else what would have been.</summary>
    public string? ComplaintAboutStatus(CachePath path, string? answer, TimeSpan remaining)
    {
        TimeSpan validity = answer is null ? Freshness.BelieveAbsenceFor : Freshness.BelieveFor;
        int from = EarliestOf(i => i.Path == path || (i.Recursive && path.IsWithin(i.Path)));
        return Complaint($"status of {path}", from, validity, answer, remaining, m => m.Statuses[path.Value[1..]]);
    }

    public string? ComplaintAboutListing(CachePath directory, string answer)
    {
        int from = EarliestOf(i => i.Path == directory || i.Path.Parent == directory || (i.Recursive && directory.IsWithin(i.Path)));
        return Complaint($"listing of {directory}", from, Freshness.BelieveAbsenceFor, answer, TimeSpan.Zero, m => m.Listings[directory.Value[1..]]);
    }

    private string? Complaint(string what, int from, TimeSpan validity, string? answer, TimeSpan remaining, Func<Moment, string?> truth)
    {
        long now = time.GetTimestamp();
        for (int i = _past.Count - 1; i >= from; i--)
        {
            TimeSpan age = TimeSpan.FromTicks(now - _past[i].Time);
            // The last moment is the present, of which any mode may tell; a past one must still be valid.
            if (i < _past.Count - 1 && age >= validity)
                break;
            if (truth(_past[i]) == answer && (validity == TimeSpan.MaxValue || remaining <= validity - age))
                return null;
        }
        return $"{what}: {answer ?? "nothing"} (valid {remaining}) under {Freshness}; now it is {truth(_past[^1]) ?? "nothing"}";
    }

    private int EarliestOf(Func<(int Moment, CachePath Path, bool Recursive), bool> covers) =>
        Math.Max(_remounted, _invalidations.FindLast(i => covers(i)) is { Path.Value: not null } last ? last.Moment : 0);

    private string? Describe(string key) => source.Peek(key) is not { } found ? null : found.IsDirectory ? "dir" : found.Version.Token;

    private sealed record Moment(long Time, Dictionary<string, string?> Statuses, Dictionary<string, string> Listings);
}
