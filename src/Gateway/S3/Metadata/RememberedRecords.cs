using System.Collections.Concurrent;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>
/// Records that were read, by the file's key and version: it is the file's status that says whether they are still true, so nothing here is ever out
/// of date. Two generations: what is not asked for while one fills leaves with the other.
/// </summary>
internal sealed class RememberedRecords
{
    private volatile ConcurrentDictionary<(UfsIdentity Storage, string Key, FileVersion Version), ObjectRecord> _current = new();
    private volatile ConcurrentDictionary<(UfsIdentity Storage, string Key, FileVersion Version), ObjectRecord> _previous = new();
    private int _count;

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
        if (!_current.TryAdd((file.Identity, file.Key, file.Version), record) || Interlocked.Increment(ref _count) < S3Limits.MaxRemembered / 2)
            return;
        // Two that get here at once lose a generation, which costs reading again.
        Volatile.Write(ref _count, 0);
        _previous = _current;
        _current = new();
    }
}
