using System.Collections.Concurrent;
using Orleans.Cache.Fuse;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>What is open, by the handles that the kernel has of it. Handles are never used again.</summary>
internal sealed class Handles<T>
    where T : class
{
    private readonly ConcurrentDictionary<ulong, T> _open = new();
    private ulong _last;

    public int Count => _open.Count;

    /// <exception cref="FuseException">EBADF.</exception>
    public T this[FileHandle handle] => _open.TryGetValue(handle.Value, out T? opened) ? opened : throw new FuseException(Errno.BadDescriptor);

    public FileHandle Add(T opened)
    {
        ulong handle = Interlocked.Increment(ref _last);
        _open[handle] = opened;
        return new FileHandle(handle);
    }

    /// <summary>Null: it was not open.</summary>
    public T? Remove(FileHandle handle) => _open.TryRemove(handle.Value, out T? opened) ? opened : null;

    public bool TryGet(FileHandle handle, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? opened) => _open.TryGetValue(handle.Value, out opened);

    /// <summary>All of them, which then are not open any more.</summary>
    public IReadOnlyList<T> Drain()
    {
        var drained = new List<T>();
        foreach (ulong handle in _open.Keys)
        {
            if (_open.TryRemove(handle, out T? opened))
                drained.Add(opened);
        }
        return drained;
    }
}
