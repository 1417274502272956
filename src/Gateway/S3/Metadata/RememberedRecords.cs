using System.Collections.Concurrent;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>
/// Records that were read, by the file's key and version: it is the file's status that says whether they are still true, so nothing here is ever out
/// of date. Two generations, bounded by the bytes of the records in them: what is not asked for while one fills leaves with the other.
/// </summary>
internal sealed class RememberedRecords
{
    private const int EntryBytes = 256;

    private volatile ConcurrentDictionary<(UfsIdentity Storage, string Key, FileVersion Version), ObjectRecord> _current = new();
    private volatile ConcurrentDictionary<(UfsIdentity Storage, string Key, FileVersion Version), ObjectRecord> _previous = new();
    private long _bytes;

    public ObjectRecord? Find(FileRef file)
    {
        (UfsIdentity Storage, string Key, FileVersion Version) name = (file.Identity, file.Key, file.Version);
        if (_current.TryGetValue(name, out ObjectRecord? found))
            return found;
        if (!_previous.TryGetValue(name, out found))
            return null;
        Keep(file, found);
        return found;
    }

    public void Keep(FileRef file, ObjectRecord record)
    {
        // Parsed, a record takes about twice what it takes as JSON, and its place in the table.
        if (!_current.TryAdd((file.Identity, file.Key, file.Version), record)
            || Interlocked.Add(ref _bytes, EntryBytes + (2 * file.Length)) < S3Limits.MaxRememberedBytes / 2)
            return;
        // Two that get here at once lose a generation, which costs reading again.
        Volatile.Write(ref _bytes, 0);
        _previous = _current;
        _current = new();
    }
}
