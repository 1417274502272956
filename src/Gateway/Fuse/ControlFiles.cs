using System.Text;
using Orleans.Cache.Fuse;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>
/// Files that are not of the cache: <c>.ocache/stats</c> tells of the mount, <c>.ocache/accesslog</c> of every request as it is answered. The directory is
/// at the mount's root and not listed, so that programs that walk the tree do not find it.
/// </summary>
internal sealed class ControlFiles
{
    public const string DirectoryName = ".ocache";

    private const uint StatsMode = 0x124; // 0444

    /// <summary>For the mount's owner: it names what others read, in directories too that not everybody may enter.</summary>
    private const uint LogMode = 0x100; // 0400
    private const uint DirectoryMode = 0x16D; // 0555

    private static readonly NodeId Directory = new(2), Stats = new(3), Log = new(4);
    private static readonly TimeSpan Valid = TimeSpan.FromDays(1);

    private readonly Handles<byte[]> _stats = new();
    private readonly Handles<AccessLog> _logs = new();

    /// <summary>Handles of theirs are told from those of files by this bit.</summary>
    private const ulong StatsBit = 1UL << 62, LogBit = 1UL << 63;

    /// <summary>What stats says; set by who has the figures.</summary>
    public Func<string> Report { get; set; } = () => "";

    /// <summary>Begins a log; set by who sees the requests.</summary>
    public Func<AccessLog?> Listen { get; set; } = () => null;

    public static bool IsControl(NodeId node) => node == Directory || node == Stats || node == Log;

    public static bool IsDirectory(NodeId node) => node == Directory;

    /// <summary>False: the name is none of these.</summary>
    public static bool TryLookup(NodeId parent, ReadOnlySpan<byte> name, out FuseEntry entry)
    {
        NodeId node = parent == NodeId.Root && name.SequenceEqual(".ocache"u8) ? Directory
            : parent != Directory ? NodeId.None
            : name.SequenceEqual("stats"u8) ? Stats
            : name.SequenceEqual("accesslog"u8) ? Log
            : NodeId.None;
        entry = node == NodeId.None ? FuseEntry.Absent(Valid) : EntryOf(node);
        return node != NodeId.None || parent == Directory;
    }

    public static bool TryGetAttributes(NodeId node, out FuseStatus status)
    {
        status = new FuseStatus(EntryOf(node).Attributes, Valid);
        return IsControl(node);
    }

    /// <summary>Direct I/O: the content is not known before it is read, and the size is said to be 0.</summary>
    public bool TryOpen(NodeId node, out FuseOpen open)
    {
        open = default;
        if (node == Stats)
            open = new FuseOpen(new FileHandle(_stats.Add(Encoding.UTF8.GetBytes(Report())).Value | StatsBit), OpenTraits.DirectIo | OpenTraits.NoFlush);
        else if (node == Log)
            open = new FuseOpen(new FileHandle(_logs.Add(Listen() ?? throw new FuseException(Errno.NotSupported)).Value | LogBit), OpenTraits.DirectIo | OpenTraits.NonSeekable | OpenTraits.NoFlush);
        return open.Handle.Value != 0;
    }

    public ValueTask<int> ReadAsync(NodeId node, FileHandle handle, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (node == Log)
            return _logs[new FileHandle(handle.Value & ~LogBit)].ReadAsync(destination, cancellationToken);
        byte[] report = _stats[new FileHandle(handle.Value & ~StatsBit)];
        int count = (int)Math.Clamp(report.Length - offset, 0, destination.Length);
        report.AsMemory((int)Math.Min(offset, report.Length), count).CopyTo(destination);
        return new(count);
    }

    public void Release(FileHandle handle)
    {
        if ((handle.Value & LogBit) != 0)
            _logs.Remove(new FileHandle(handle.Value & ~LogBit))?.Dispose();
        else
            _stats.Remove(new FileHandle(handle.Value & ~StatsBit));
    }

    public static void List(long offset, DirectoryWriter entries)
    {
        (string Name, NodeId Node)[] all = [(".", Directory), ("..", Directory), ("accesslog", Log), ("stats", Stats)];
        for (long at = offset; at < all.Length; at++)
        {
            if (!entries.TryAdd(Encoding.UTF8.GetBytes(all[at].Name), at + 1, EntryOf(all[at].Node) with { Node = NodeId.None }))
                return;
        }
    }

    private static FuseEntry EntryOf(NodeId node)
    {
        bool isDirectory = node == Directory;
        var attributes = new FuseAttributes
        {
            Inode = node.Value,
            Kind = isDirectory ? FileKind.Directory : FileKind.Regular,
            Permissions = (int)(isDirectory ? DirectoryMode : node == Log ? LogMode : StatsMode),
        };
        return new FuseEntry(node, attributes, Valid, Valid);
    }
}
