using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Local;

/// <summary>
/// One listing of one directory: its names in memory, the statuses as the caller advances. Left out are special files, links
/// out of the root, links that lead nowhere, entries that vanish meanwhile, files being written, names that are not UTF-8, and
/// links to a directory that the key itself passes through. The last rule ends every recursive listing: a way without end
/// would have to follow some link twice, and the second time its target is already on the way.
/// </summary>
internal sealed class LocalListing : IDisposable
{
    private readonly LocalRoot _root;
    private readonly string _key;
    private readonly SafeFileHandle _directory;
    private readonly List<string> _names;
    private HashSet<(ulong Device, ulong Inode)>? _passed;

    /// <exception cref="CacheException">NotFound, NotADirectory, AccessDenied.</exception>
    public LocalListing(LocalRoot root, string key, string? startAfter, Tally unreadableNames)
    {
        _root = root;
        _key = key;
        using SafeFileHandle located = root.LocateDirectory(key);
        _directory = Libc.Reopen(located, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC) ?? throw LocalError.Of(Libc.Errno, key);
        try
        {
            _names = ReadNames(_directory, key, startAfter, unreadableNames);
        }
        catch
        {
            _directory.Dispose();
            throw;
        }
        _names.Sort(StringComparer.Ordinal);
    }

    public int Count => _names.Count;

    /// <summary>Statuses of up to <paramref name="count"/> names from <paramref name="first"/> on, without what is left out.</summary>
    public List<UfsStatus> Read(int first, int count)
    {
        var statuses = new List<UfsStatus>(count);
        for (int i = first; i < Math.Min(first + count, _names.Count); i++)
        {
            if (StatusOf(_names[i]) is { } status)
                statuses.Add(status);
        }
        return statuses;
    }

    public void Dispose() => _directory.Dispose();

    private UfsStatus? StatusOf(string name)
    {
        if (!Libc.StatEntry(_directory, name, out Statx statx))
            return null;
        string key = UfsKey.Join(_key, name);
        if (statx.IsLink && !TryFollow(key, out statx))
            return null;
        return statx.IsFile || statx.IsDirectory ? statx.StatusOf(key) : null;
    }

    private bool TryFollow(string key, out Statx statx)
    {
        statx = default;
        try
        {
            using SafeFileHandle? target = _root.Locate(key);
            return target is not null && Libc.Stat(target, out statx) && !(statx.IsDirectory && Passed().Contains(statx.Object));
        }
        catch (CacheException e) when (e.Error == CacheError.AccessDenied)
        {
            return false;
        }
    }

    /// <summary>The directories that the key passes through, the root and the listed one included.</summary>
    private HashSet<(ulong Device, ulong Inode)> Passed()
    {
        if (_passed is not null)
            return _passed;
        _passed = [];
        for (string prefix = _key; ; prefix = UfsKey.ParentOf(prefix))
        {
            using SafeFileHandle? passed = _root.Locate(prefix);
            if (passed is not null && Libc.Stat(passed, out Statx statx))
                _passed.Add(statx.Object);
            if (prefix.Length == 0)
                return _passed;
        }
    }

    private static List<string> ReadNames(SafeFileHandle directory, string key, string? startAfter, Tally unreadableNames)
    {
        var names = new List<string>();
        // About a thousand entries a call.
        byte[] buffer = new byte[32 * CacheLimits.KiB];
        while (true)
        {
            int filled = Libc.ReadEntries(directory, buffer);
            if (filled < 0)
                throw LocalError.Of(Libc.Errno, key);
            if (filled == 0)
                return names;
            for (ReadOnlySpan<byte> left = buffer.AsSpan(0, filled); !left.IsEmpty;)
            {
                // struct linux_dirent64: inode (8), offset (8), record length (2), type (1), name with a NUL behind it.
                ushort length = BinaryPrimitives.ReadUInt16LittleEndian(left[16..]);
                ReadOnlySpan<byte> name = left[19..length];
                Add(names, name[..name.IndexOf((byte)0)], startAfter, unreadableNames);
                left = left[length..];
            }
        }
    }

    private static void Add(List<string> names, ReadOnlySpan<byte> raw, string? startAfter, Tally unreadableNames)
    {
        if (raw.SequenceEqual("."u8) || raw.SequenceEqual(".."u8))
            return;
        if (UfsKey.Decode(raw) is not { } name)
            unreadableNames.Increment();
        else if (!name.StartsWith(UfsKey.TemporaryPrefix, StringComparison.Ordinal)
            && (startAfter is null || string.CompareOrdinal(name, startAfter) > 0))
            names.Add(name);
    }
}
