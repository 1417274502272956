using System.Net;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// Tells the pieces of one file from files that replace each other. Buffered files of clients around 1.0.20 send each full buffer as a
/// whole file of its own, without a word of where it belongs; taken at their word, all but the last piece would be lost in silence.
/// So a file that follows one of a buffer's size too soon, from the same machine and with nothing else asked of that path in between,
/// is refused. Bounded; a lock of some nanoseconds, and none where nothing is remembered.
/// </summary>
internal sealed class RewriteGuard(AlluxioOptions options, TimeProvider time)
{
    /// <summary>Files that many writers write at one time; beyond, the oldest is forgotten.</summary>
    private const int MaxWrites = 1024;

    private readonly Dictionary<(IPAddress?, CachePath), long> _written = [];
    private volatile bool _any;

    /// <exception cref="CacheException">AlreadyExists.</exception>
    public void Check(IPAddress? client, CachePath path)
    {
        if (_any && IsRecent(client, path))
            throw new CacheException(CacheError.AlreadyExists,
                $"'{path}' was written by this client less than {options.RewriteGuard.TotalSeconds} s ago, so this looks like the next piece of a file that is written "
                + "through a buffer, for which this protocol has no place: what is there is a part. Write whole files (write, upload, pipe_file, or open "
                + "with a block_size larger than the file). Or, if it is a new version: read or delete the old one first, wait, or see --alluxio-rewrite-guard.");
    }

    /// <summary>A whole file was written.</summary>
    public void Wrote(IPAddress? client, CachePath path, long length)
    {
        if (length < AlluxioOptions.FlushBytes || options.RewriteGuard <= TimeSpan.Zero)
            return;
        lock (_written)
        {
            if (_written.Count >= MaxWrites)
                _written.Remove(_written.MinBy(w => w.Value).Key);
            _written[(client, path)] = time.GetTimestamp();
            _any = true;
        }
    }

    /// <summary>The client did something else with the path, which nobody does in the middle of writing it.</summary>
    public void Forget(IPAddress? client, CachePath path)
    {
        if (!_any)
            return;
        lock (_written)
        {
            _written.Remove((client, path));
            _any = _written.Count > 0;
        }
    }

    private bool IsRecent(IPAddress? client, CachePath path)
    {
        lock (_written)
            return _written.TryGetValue((client, path), out long at) && time.GetElapsedTime(at) < options.RewriteGuard;
    }
}
