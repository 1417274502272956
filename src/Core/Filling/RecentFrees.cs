using Orleans.Cache.Identity;

namespace Orleans.Cache.Filling;

/// <summary>The last frees that began, so that who asked for a file before can tell whether it was freed meanwhile.</summary>
internal sealed class RecentFrees
{
    /// <summary>More than begin while a store answers once; of more, every file counts as freed.</summary>
    private const int Remembered = 64;

    private readonly Lock _gate = new();
    private readonly (UfsIdentity Identity, string Key, bool Recursive)[] _last = new (UfsIdentity, string, bool)[Remembered];
    private long _count;

    /// <summary>Frees so far.</summary>
    public long Count => Volatile.Read(ref _count);

    public void Add(UfsIdentity identity, string key, bool recursive)
    {
        lock (_gate)
        {
            _last[_count % Remembered] = (identity, key, recursive);
            Volatile.Write(ref _count, _count + 1);
        }
    }

    /// <summary>Whether one behind the first <paramref name="count"/> frees the file.</summary>
    public bool Cover(FileRef file, long count)
    {
        lock (_gate)
        {
            if (_count - count > Remembered)
                return true;
            for (long i = count; i < _count; i++)
            {
                (UfsIdentity identity, string key, bool recursive) = _last[i % Remembered];
                if (identity == file.Identity && KeyPrefix.Covers(key, recursive, file.Key))
                    return true;
            }
            return false;
        }
    }
}
