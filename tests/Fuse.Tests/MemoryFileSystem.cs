using System.Text;

namespace Orleans.Cache.Fuse.Tests;

/// <summary>A file system in memory: all that a file system has to be. Node ids are places in a list, so nothing is ever forgotten.</summary>
public sealed class MemoryFileSystem : IFuseFileSystem
{
    private static readonly TimeSpan Valid = TimeSpan.FromMinutes(1);

    private readonly List<Node> _nodes = [new("", null), new("", [])];

    private sealed record Node(string Name, SortedDictionary<string, int>? Entries, byte[]? Content = null, string? Target = null);

    private long _lookups;
    private long _opened;

    /// <summary>Look-ups that the kernel holds.</summary>
    public long Lookups { get => Interlocked.Read(ref _lookups); init => _lookups = value; }

    /// <summary>Open files.</summary>
    public long Opened => Interlocked.Read(ref _opened);

    /// <summary>What a read waits for before it is answered.</summary>
    public Func<CancellationToken, Task>? Hold { get; set; }

    /// <summary>Reads are answered from the files' own memory.</summary>
    public bool Lends { get; set; }

    public void AddFile(string name, byte[] content) => Add(name, new Node(name, null, content));

    public void AddLink(string name, string target) => Add(name, new Node(name, null, Target: target));

    public ValueTask<FuseEntry> LookupAsync(NodeId parent, ReadOnlySpan<byte> name, CancellationToken cancellationToken)
    {
        if (!_nodes[(int)parent.Value].Entries!.TryGetValue(Encoding.UTF8.GetString(name), out int id))
            return new(FuseEntry.Absent(Valid));
        Interlocked.Increment(ref _lookups);
        return new(EntryOf(id));
    }

    public void Forget(NodeId node, ulong lookups) => Interlocked.Add(ref _lookups, -(long)lookups);

    public ValueTask<FuseStatus> GetAttributesAsync(NodeId node, CancellationToken cancellationToken) =>
        new(new FuseStatus(EntryOf((int)node.Value).Attributes, Valid));

    public ValueTask<ReadOnlyMemory<byte>> ReadLinkAsync(NodeId node, CancellationToken cancellationToken) =>
        new(Encoding.UTF8.GetBytes(_nodes[(int)node.Value].Target!));

    public ValueTask<FuseOpen> OpenAsync(NodeId node, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _opened);
        return new(new FuseOpen(new FileHandle(7), Hold is null ? OpenTraits.KeepCache : OpenTraits.DirectIo));
    }

    public bool TryRead(NodeId node, FileHandle handle, long offset, int size, ReadAnswer answer)
    {
        if (!Lends || _nodes[(int)node.Value].Content is not { } content)
            return false;
        answer.Send(content.AsSpan((int)Math.Min(offset, content.Length), (int)Math.Clamp(content.Length - offset, 0, size)));
        return true;
    }

    public async ValueTask<int> ReadAsync(NodeId node, FileHandle handle, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (Hold is not null)
            await Hold(cancellationToken);
        byte[] content = _nodes[(int)node.Value].Content!;
        int count = (int)Math.Clamp(content.Length - offset, 0, destination.Length);
        content.AsSpan((int)Math.Min(offset, content.Length), count).CopyTo(destination.Span);
        return count;
    }

    public void Release(NodeId node, FileHandle handle) => Interlocked.Decrement(ref _opened);

    public ValueTask<FuseOpen> OpenDirectoryAsync(NodeId node, CancellationToken cancellationToken) => new(default(FuseOpen));

    public ValueTask ReadDirectoryAsync(NodeId node, FileHandle handle, long offset, DirectoryWriter entries, CancellationToken cancellationToken)
    {
        long at = offset;
        foreach (int id in _nodes[(int)node.Value].Entries!.Values.Skip((int)offset))
        {
            if (!entries.TryAdd(Encoding.UTF8.GetBytes(_nodes[id].Name), ++at, EntryOf(id)))
                break;
            if (entries.WithAttributes)
                Interlocked.Increment(ref _lookups);
        }
        return default;
    }

    public void ReleaseDirectory(NodeId node, FileHandle handle)
    {
        // Nothing is held.
    }

    public ValueTask<ReadOnlyMemory<byte>?> GetExtendedAttributeAsync(NodeId node, ReadOnlySpan<byte> name, CancellationToken cancellationToken) =>
        new(name.SequenceEqual("user.length"u8) ? Encoding.ASCII.GetBytes($"{_nodes[(int)node.Value].Content?.Length}") : (ReadOnlyMemory<byte>?)null);

    public ValueTask<ReadOnlyMemory<byte>> ListExtendedAttributesAsync(NodeId node, CancellationToken cancellationToken) => new("user.length\0"u8.ToArray());

    private void Add(string name, Node node)
    {
        _nodes.Add(node);
        _nodes[1].Entries!.Add(name, _nodes.Count - 1);
    }

    private FuseEntry EntryOf(int id)
    {
        Node node = _nodes[id];
        FileKind kind = node.Entries is not null ? FileKind.Directory : node.Target is not null ? FileKind.Link : FileKind.Regular;
        var attributes = new FuseAttributes { Inode = (ulong)id, Kind = kind, Permissions = 0x1ED, Size = node.Content?.Length ?? node.Target?.Length ?? 0 };
        return new FuseEntry(new NodeId((ulong)id), attributes, Valid, Valid);
    }
}
