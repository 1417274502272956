using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Listing;

/// <summary>
/// The entries of one directory in the order of keys: a directory stands where its name with a slash behind it stands, for that is what keys
/// begin with, so "a-b" comes before "a/x" although "a" comes before "a-b".
/// </summary>
/// <remarks>
/// The engine lists names in ordinal order, which is that of the parts of keys that they stand for (<see cref="PartName"/>); names are such parts here, and "" is one. A directory is held back until a name comes that is not between it and itself with the slash. What is held
/// at one time begins with one another, the longest on top, so a stack gives them back in order. A listing that begins behind a name must hold
/// from the start the directories that would be held there: those whose names the name begins with. They are asked for one by one; where the name begins
/// with very many (dashes), the listing begins where the first of those that were not asked for would stand.
/// </remarks>
internal sealed class DirectoryLevel : IAsyncDisposable
{
    private readonly CacheFileSystem _files;
    private readonly CachePath _directory;
    private readonly string _namePrefix;
    private readonly string? _after;
    private readonly IAsyncEnumerator<FileStatus> _entries;
    private readonly CancellationToken _cancellationToken;
    private readonly Stack<FileStatus> _held = new();
    private readonly List<int> _mayBeHeld;
    private FileStatus? _ahead;
    private bool _begun;
    private bool _ended;

    /// <param name="files">The file API.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="namePrefix">What names must begin with.</param>
    /// <param name="after">Keys, relative to the directory, up to this one are left out; null: none.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public DirectoryLevel(CacheFileSystem files, CachePath directory, string namePrefix, string? after, CancellationToken cancellationToken)
    {
        _files = files;
        _directory = directory;
        _namePrefix = namePrefix;
        _after = after;
        _cancellationToken = cancellationToken;
        string? first = FirstPart(after), before = Before(namePrefix);
        _mayBeHeld = first is null ? [] : MayBeHeld(first);
        if (_mayBeHeld.Count > S3Limits.MaxProbes)
            first = Before(first![.._mayBeHeld[S3Limits.MaxProbes]]);
        string? startAfter = string.CompareOrdinal(first, before) > 0 ? first : before;
        _entries = files.ListAsync(directory, recursive: false, startAfter is null ? null : PartName.ToPath(startAfter), cancellationToken).GetAsyncEnumerator(cancellationToken);
    }

    /// <summary>What this level's keys begin with: "" or names with slashes.</summary>
    public required string Prefix { get; init; }

    /// <summary>Records of this directory's files, where the listing wants to know; null: it does not, or they are too many.</summary>
    public HashSet<UInt128>? RecordNames { get; init; }

    /// <summary>The next entry; null at the end. Of a directory only some keys may count: <see cref="AfterWithin"/>.</summary>
    public async ValueTask<FileStatus?> NextAsync()
    {
        if (!_begun)
        {
            _begun = true;
            await HoldAsync().ConfigureAwait(false);
        }
        while (true)
        {
            if (_ahead is null && !_ended)
                await AdvanceAsync().ConfigureAwait(false);
            if (_held.TryPeek(out FileStatus? top) && (_ahead is null || !IsBetween(NameOf(_ahead), NameOf(top))))
            {
                _held.Pop();
                if (Counts(top))
                    return top;
                continue;
            }
            if (_ahead is not { } entry)
                return null;
            _ahead = null;
            if (entry.IsDirectory)
                _held.Push(entry);
            else if (Counts(entry))
                return entry;
        }
    }

    /// <summary>Where a listing of one of this level's directories begins; null: with its first key.</summary>
    public string? AfterWithin(string name) =>
        _after is not null && _after.Length > name.Length && _after[name.Length] == '/' && _after.StartsWith(name, StringComparison.Ordinal) ? _after[(name.Length + 1)..] : null;

    public ValueTask DisposeAsync() => _entries.DisposeAsync();

    private async ValueTask AdvanceAsync()
    {
        if (await _entries.MoveNextAsync().ConfigureAwait(false))
        {
            FileStatus entry = _entries.Current;
            // Names that begin so stand together.
            if (NameOf(entry).StartsWith(_namePrefix, StringComparison.Ordinal) || string.CompareOrdinal(NameOf(entry), _namePrefix) < 0)
            {
                _ahead = entry;
                return;
            }
        }
        _ended = true;
    }

    private async ValueTask HoldAsync()
    {
        if (FirstPart(_after) is not { } first)
            return;
        for (int i = 0; i < Math.Min(_mayBeHeld.Count, S3Limits.MaxProbes); i++)
        {
            string name = PartName.ToPath(first[.._mayBeHeld[i]]);
            if (!CachePath.TryParse(_directory.IsRoot ? '/' + name : $"{_directory.Value}/{name}", out CachePath path, out _))
                continue;
            if ((await _files.TryGetStatusAsync(path, _cancellationToken).ConfigureAwait(false)).Status is { IsDirectory: true } directory && directory.Path.Name == name)
                _held.Push(directory);
        }
    }

    /// <summary>Lengths of what a name begins with that a directory which is held there may be called, one more than are asked for at most.</summary>
    private static List<int> MayBeHeld(string name)
    {
        var lengths = new List<int>();
        for (int length = 0; length <= name.Length && lengths.Count <= S3Limits.MaxProbes; length++)
        {
            if (length == name.Length || name[length] < '/')
                lengths.Add(length);
        }
        return lengths;
    }

    private bool Counts(FileStatus entry)
    {
        string name = NameOf(entry);
        // A directory can hold names that stand for no part of a key.
        if (!name.StartsWith(_namePrefix, StringComparison.Ordinal) || name == BucketRoot.Aside || !PartName.IsCanonical(entry.Path.Name))
            return false;
        return _after is null || (entry.IsDirectory ? AfterWithin(name) is not null || CompareDirectory(name, _after) > 0 : string.CompareOrdinal(name, _after) > 0);
    }

    private static string NameOf(FileStatus entry) => PartName.OfPath(entry.Path.Name);

    /// <summary>name + '/' against a key.</summary>
    private static int CompareDirectory(string name, string key)
    {
        int byName = string.CompareOrdinal(name, 0, key, 0, name.Length);
        return byName != 0 ? byName : key.Length == name.Length ? 1 : '/' - key[name.Length];
    }

    /// <summary>Whether a name that comes behind a directory's comes before it with its slash.</summary>
    private static bool IsBetween(string name, string directory) =>
        name.Length > directory.Length && name[directory.Length] < '/' && name.StartsWith(directory, StringComparison.Ordinal);

    private static string? FirstPart(string? key) => key is null ? null : key.IndexOf('/') is >= 0 and var slash ? key[..slash] : key;

    /// <summary>A name that all that begin with the prefix come after, and as few others as can be; null: there is none.</summary>
    private static string? Before(string prefix)
    {
        if (prefix.Length == 0 || prefix[^1] is <= '\u0001' or > '~')
            return prefix.Length <= 1 ? null : Before(prefix[..^1]);
        // Nothing that has a slash in it is a name.
        char last = prefix[^1] == '0' ? '.' : (char)(prefix[^1] - 1);
        return prefix[..^1] + last + '\uFFFD';
    }
}
