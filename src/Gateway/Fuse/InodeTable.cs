using System.Collections.Concurrent;
using Orleans.Cache.Fuse;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>
/// The inodes that the kernel knows: as many as it has in its own caches, which memory bounds there.
/// </summary>
/// <remarks>
/// Invariants: an id is given out once, and means the same (path, version) for ever; an inode is in the table exactly as long as the kernel holds
/// look-ups of it (the root always). Counts change under the lock, since a look-up may find an inode that is being forgotten; reads by id take none.
/// </remarks>
internal sealed class InodeTable
{
    /// <summary>Ids below are the root's and those of virtual files.</summary>
    private const ulong First = 16;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ulong, Inode> _byId = new();
    private readonly Dictionary<(CachePath Path, FileId Version), Inode> _byContent = [];
    private ulong _next = First;

    public InodeTable(CachePath root)
    {
        Root = new Inode(NodeId.Root, new FileStatus(root, DateTimeOffset.UnixEpoch, File: null));
        _byId[NodeId.Root.Value] = Root;
        _byContent[(root, default)] = Root;
    }

    public Inode Root { get; }

    public int Count => _byId.Count;

    /// <exception cref="FuseException">ESTALE: it was forgotten.</exception>
    public Inode this[NodeId id] => _byId.TryGetValue(id.Value, out Inode? inode) ? inode : throw new FuseException(Errno.Stale);

    /// <summary>Its path; null for what is not in the table.</summary>
    public CachePath? PathOf(NodeId id) => _byId.TryGetValue(id.Value, out Inode? inode) ? inode.Path : null;

    /// <summary>The inode of a status, with one look-up more.</summary>
    public Inode Take(FileStatus status)
    {
        lock (_gate)
        {
            (CachePath, FileId) content = (status.Path, status.File?.Id ?? default);
            if (!_byContent.TryGetValue(content, out Inode? inode))
            {
                inode = new Inode(new NodeId(_next++), status);
                _byContent.Add(content, inode);
                _byId[inode.Id.Value] = inode;
            }
            inode.Lookups++;
            return inode;
        }
    }

    public void Forget(NodeId id, ulong lookups)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id.Value, out Inode? inode) || inode == Root)
                return;
            inode.Lookups -= Math.Min(lookups, inode.Lookups);
            if (inode.Lookups > 0)
                return;
            _byId.TryRemove(id.Value, out _);
            _byContent.Remove((inode.Path, inode.Version));
        }
    }

    /// <summary>The inode of a directory, where the kernel knows it.</summary>
    public Inode? Directory(CachePath path)
    {
        lock (_gate)
            return _byContent.GetValueOrDefault((path, default));
    }

    /// <summary>All that lie at or below a path.</summary>
    public IReadOnlyList<Inode> Within(CachePath path) => [.. _byId.Values.Where(inode => inode.Path.IsWithin(path))];

    /// <summary>The kernel is gone.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _byId.Clear();
            _byContent.Clear();
        }
    }
}
