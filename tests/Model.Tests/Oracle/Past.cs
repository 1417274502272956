using Orleans.Cache.Mounts;

namespace Orleans.Cache.Model.Tests.Oracle;

/// <summary>
/// The oracle: everything the source ever held, and so everything the cache may say.
/// </summary>
/// <remarks>
/// Rules, for an operation that ran from moment s to moment e:
/// - what was current at some moment of [s, e] may be answered in every mode;
/// - what ended before s may be answered only as long as the mode believes it (counted from its end: the request that learnt it
///   cannot have started later), and only if it ended after the last free, restart or noticed change of the path that was over at s;
/// - bytes are those of the version that was opened, whatever became of it; an error instead is right only if the change that
///   ended that version had begun by e.
/// All members are safe for concurrent use: a change of the source and its record are one step for whoever checks.
/// </remarks>
/// <param name="freshness">The mount's mode.</param>
/// <param name="clock">The engine's clock.</param>
/// <param name="tokensCount">
/// False where a change of the source is no single step (a local file that is renamed shows its new ctime before its new name), so
/// that a token may be seen that was never recorded: then contents are compared only.
/// </param>
internal sealed class Past(Freshness freshness, TimeProvider clock, bool tokensCount)
{
    private readonly Dictionary<string, Trail> _trails = Universe.All.ToDictionary(path => path, path => new Trail(path));
    private readonly Lock _gate = new();
    private long _moment;

    public Freshness Freshness => freshness;

    /// <summary>To be called when an operation starts.</summary>
    public Window Begin() => new(Interlocked.Increment(ref _moment), clock.GetTimestamp());

    /// <summary>To be called when it has ended.</summary>
    public Window End(Window window) => window with { End = Interlocked.Increment(ref _moment) };

    /// <summary>What a path holds now. For whoever changes the source; nobody else changes it meanwhile.</summary>
    public Version Now(string path)
    {
        lock (_gate)
            return _trails[path].Latest;
    }

    /// <summary>Carries out a change of the source; <paramref name="change"/> records with Became what the paths then hold.</summary>
    public void Change(Action<Recorder> change)
    {
        lock (_gate)
        {
            Recorder recorder = Start(change);
            recorder.Close(Interlocked.Increment(ref _moment), clock.GetTimestamp());
        }
    }

    /// <summary>
    /// A change that takes its time begins: from now on readers may see what <paramref name="change"/> records, or what was before. A
    /// version whose token is not known yet has any.
    /// </summary>
    public Recorder Start(Action<Recorder> change)
    {
        lock (_gate)
        {
            var recorder = new Recorder(_trails, Interlocked.Increment(ref _moment));
            change(recorder);
            return recorder;
        }
    }

    /// <summary>It is over, and <paramref name="learnt"/> was learnt of what it made.</summary>
    public void Finish(Recorder recorder, Action learnt)
    {
        lock (_gate)
        {
            learnt();
            recorder.Close(Interlocked.Increment(ref _moment), clock.GetTimestamp());
        }
    }

    /// <summary>Belief in a path, or in all below it too, ended while an operation ran.</summary>
    public void EndBelief(string path, bool recursive, Window window)
    {
        lock (_gate)
        {
            foreach (Trail trail in _trails.Values)
            {
                bool below = recursive && Universe.IsWithin(trail.Path, path);
                if (below || trail.Path == path)
                    trail.EndNameBelief(window.Start, window.End);
                if (below || trail.Path == path || trail.Path == Universe.ParentOf(path))
                    trail.EndListingBelief(window.Start, window.End);
            }
        }
    }

    /// <summary>Null where the answer is right, else why not.</summary>
    public string? ComplaintAboutStatus(in Seen seen, Window window)
    {
        lock (_gate)
        {
            Trail trail = _trails[seen.Path];
            Seen answer = seen;
            Version? right = Find(trail, window, trail.NameBound(window.Start), v => IsSeen(v, answer) && MayRemain(v, answer.Remaining, window));
            return right is null ? $"status {seen} in {window} is none that {freshness} allows; {trail}" : null;
        }
    }

    /// <summary>Null where nothing but an absent path (or a directory) explains that an open failed so.</summary>
    public string? ComplaintAboutOpenError(string path, CacheError error, Window window)
    {
        Kind? kind = error switch { CacheError.NotFound => Kind.Absent, CacheError.IsDirectory => Kind.Directory, _ => null };
        lock (_gate)
        {
            Trail trail = _trails[path];
            bool right = kind is not null && Find(trail, window, trail.NameBound(window.Start), v => v.Kind == kind) is not null;
            return right ? null : $"opening failed with {error} in {window}, which nothing explains; {trail}";
        }
    }

    /// <summary>The version that an open gave; null where it is none that the mode allows.</summary>
    public Version? Opened(string path, string token, long length, Window window)
    {
        lock (_gate)
        {
            Trail trail = _trails[path];
            return Find(trail, window, trail.NameBound(window.Start), v => IsSeen(v, new Seen(path, Kind.File, length, token)));
        }
    }

    /// <summary>Whether the version had ceased to be current, or was about to, when the window ended.</summary>
    public bool HadLeft(Version version, Window window)
    {
        lock (_gate)
            return version.LeavesFrom <= window.End;
    }

    /// <summary>Whether that is so of some version that may have been opened.</summary>
    public bool MayHaveLeft(string path, Window window)
    {
        lock (_gate)
        {
            Trail trail = _trails[path];
            return Find(trail, window, trail.NameBound(window.Start), v => v.Kind == Kind.File && v.LeavesFrom <= window.End) is not null;
        }
    }

    /// <summary>Whether bytes are those of a version that may have been opened; for answers whose token says nothing.</summary>
    public bool IsContent(string path, long length, long offset, ReadOnlyMemory<byte> bytes, Window window)
    {
        lock (_gate)
        {
            Trail trail = _trails[path];
            return Find(trail, window, trail.NameBound(window.Start), v => v.Kind == Kind.File && v.Content.Length == length
                && v.Content.AsSpan((int)Math.Min(offset, length)).StartsWith(bytes.Span)) is not null;
        }
    }

    public bool TokensCount => tokensCount;

    public string Describe(string path)
    {
        lock (_gate)
            return _trails[path].ToString();
    }

    /// <summary>Runs a check of a whole listing, which looks at many trails.</summary>
    public string? Check(Func<ListingCheck, string?> check)
    {
        lock (_gate)
            return check(new ListingCheck(_trails, this));
    }

    /// <summary>The newest version that the mode allows and that matches. Under the gate.</summary>
    internal Version? Find(Trail trail, Window window, long bound, Func<Version, bool> matches)
    {
        for (Version? version = trail.Latest; version is not null; version = version.Previous)
        {
            if (version.From > window.End)
                continue;
            if (version.Until < bound)
                return null;
            if (IsAllowed(version, window) && matches(version))
                return version;
        }
        return null;
    }

    internal bool IsSeen(Version version, in Seen seen) =>
        version.Kind == seen.Kind
        && (version.Kind != Kind.File || (version.Content.Length == seen.Length && (!tokensCount || (version.Token is null ? IsNew(seen.Token, version) : version.Token == seen.Token))));

    /// <summary>
    /// Whether a token may be that of a version which is being written: no older one of the path has it, unless it is the same content,
    /// that was moved away and is being moved back.
    /// </summary>
    private static bool IsNew(string? token, Version version)
    {
        for (Version? older = version.Previous; older is not null; older = older.Previous)
        {
            if (older.Token == token)
                return older.Content.AsSpan().SequenceEqual(version.Content);
        }
        return true;
    }

    /// <summary>How long what exists, or an absence, is believed; in ticks.</summary>
    internal long ValidityOf(Kind kind) => (kind == Kind.Absent ? freshness.BelieveAbsenceFor : freshness.BelieveFor).Ticks;

    internal static bool IsBelieved(long endedAt, long validity, long now) => validity == TimeSpan.MaxValue.Ticks || now - endedAt < validity;

    private bool IsAllowed(Version version, Window window) =>
        version.Until >= window.Start || IsBelieved(version.UntilTime, ValidityOf(version.Kind), window.StartTime);

    /// <summary>Whoever passes the answer on must not believe it for longer than the mode allows in all.</summary>
    private bool MayRemain(Version version, TimeSpan remaining, Window window)
    {
        long validity = ValidityOf(version.Kind);
        return validity == TimeSpan.MaxValue.Ticks
            || (remaining.Ticks <= validity && (version.Until >= window.Start || window.StartTime + remaining.Ticks <= version.UntilTime + validity));
    }

    /// <summary>Notes what one change makes of the paths it touches.</summary>
    internal sealed class Recorder(Dictionary<string, Trail> trails, long from)
    {
        private readonly List<Version> _ended = [];

        public Version Now(string path) => trails[path].Latest;

        public Version Became(string path, Kind kind, byte[]? content = null)
        {
            Trail trail = trails[path];
            _ended.Add(trail.Latest);
            return trail.Add(kind, content ?? [], from);
        }

        public void Close(long moment, long time)
        {
            foreach (Version version in _ended)
                version.End(moment, time);
        }
    }
}
