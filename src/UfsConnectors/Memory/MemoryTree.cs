using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Memory;

/// <summary>A file (content, version) or a directory (children in ordinal order). Files never change; a new content is a new entry.</summary>
internal sealed record MemoryEntry(byte[]? Content, FileVersion Version, SortedDictionary<string, MemoryEntry> Children, DateTimeOffset Modified)
{
    // Shared by all files; nothing is ever added to it.
    private static readonly SortedDictionary<string, MemoryEntry> NoChildren = [];

    public static MemoryEntry File(byte[] content, FileVersion version, DateTimeOffset modified) => new(content, version, NoChildren, modified);

    public static MemoryEntry Directory(DateTimeOffset modified) => new(null, default, new(StringComparer.Ordinal), modified);

    public UfsStatus StatusOf(string key) => new(key, Content is null, Content?.LongLength ?? 0, Modified, Version);
}

/// <summary>The names of a <see cref="MemoryUnderStorage"/>. Not safe for concurrent use: its owner holds the lock.</summary>
internal sealed class MemoryTree(DateTimeOffset created)
{
    private readonly MemoryEntry _root = MemoryEntry.Directory(created);

    public static CacheException IsDirectory(string key) => new(CacheError.IsDirectory, $"'{key}' is a directory.");

    public static void RequireEntry(string key)
    {
        if (key.Length == 0)
            throw new CacheException(CacheError.InvalidArgument, "The root of a mount cannot be replaced, renamed or deleted; name an entry in it.");
        Require(key);
    }

    public MemoryEntry? Find(string key)
    {
        Require(key);
        MemoryEntry? entry = _root;
        if (key.Length == 0)
            return entry;
        foreach (string name in key.Split('/'))
        {
            if (!entry.Children.TryGetValue(name, out entry))
                return null;
        }
        return entry;
    }

    public string[] NamesBelow(string key, string? startAfter)
    {
        MemoryEntry directory = Find(key) ?? throw CacheException.NotFound(key);
        return directory.Content is not null
            ? throw new CacheException(CacheError.NotADirectory, $"'{key}' is not a directory.")
            : [.. directory.Children.Keys.Where(name => startAfter is null || string.CompareOrdinal(name, startAfter) > 0)];
    }

    public void Put(string key, MemoryEntry entry)
    {
        if (Find(key) is { Content: null })
            throw IsDirectory(key);
        MakeDirectories(ParentOf(key), entry.Modified).Children[NameOf(key)] = entry;
    }

    public MemoryEntry MakeDirectories(string key, DateTimeOffset now)
    {
        if (Find(key) is { } there)
            return there.Content is null ? there : throw new CacheException(CacheError.NotADirectory, $"'{key}' is not a directory.");
        var made = MemoryEntry.Directory(now);
        MakeDirectories(ParentOf(key), now).Children[NameOf(key)] = made;
        return made;
    }

    public void Delete(string key)
    {
        RequireEntry(key);
        MemoryEntry entry = Find(key) ?? throw CacheException.NotFound(key);
        if (entry.Children.Count > 0)
            throw new CacheException(CacheError.NotEmpty, $"The directory '{key}' is not empty; delete its entries first.");
        Find(ParentOf(key))!.Children.Remove(NameOf(key));
    }

    public void Rename(string from, string to)
    {
        RequireEntry(from);
        RequireEntry(to);
        if (to.StartsWith(from + "/", StringComparison.Ordinal))
            throw new CacheException(CacheError.InvalidArgument, $"'{from}' cannot be moved into itself ('{to}').");
        MemoryEntry entry = Find(from) ?? throw CacheException.NotFound(from);
        if (from == to)
            return;
        if (Find(to) is { } target && (target.Content is null || entry.Content is null))
            throw new CacheException(CacheError.AlreadyExists, $"'{to}' exists already.");
        MakeDirectories(ParentOf(to), entry.Modified).Children[NameOf(to)] = entry;
        Find(ParentOf(from))!.Children.Remove(NameOf(from));
    }

    private static string ParentOf(string key) => key.LastIndexOf('/') is var slash && slash < 0 ? "" : key[..slash];

    private static string NameOf(string key) => key[(key.LastIndexOf('/') + 1)..];

    private static void Require(string key)
    {
        if (key.Length > 0 && (key.Contains('\0') || key.Split('/').Any(name => name is "" or "." or "..")))
            throw new CacheException(CacheError.InvalidPath, $"'{key}' is not a key: write names joined by slashes, without '.', '..' and NUL.");
    }
}
