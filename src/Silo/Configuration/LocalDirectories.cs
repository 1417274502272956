using Orleans.Cache.UfsConnectors;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>
/// Refuses directories that would make a node serve itself. All comparisons are made after resolving symbolic links.
/// 1. A mount that contains a store directory: pages would be cached as files, which make pages, without end.
/// 2. A store directory that contains a mount: a store belongs to its node, which deletes there what it does not know.
/// 3. A mount that this cache serves through FUSE: a read would wait for itself.
/// 4. A store directory inside another: each would count the other's bytes.
/// </summary>
internal static class LocalDirectories
{
    private const string OwnFileSystem = "fuse.ocache";

    /// <summary>Links followed before a path counts as a loop: what Linux allows.</summary>
    private const int MaxLinks = 40;

    public static IEnumerable<string> Complaints(NodeOptions options, IReadOnlyList<MountedFileSystem> mounted)
    {
        (StoreOptions Store, string Real)[] stores = [.. options.Stores.Select(s => (s, Resolve(s.Directory)))];
        foreach (MountOptions mount in options.Mounts)
        {
            if (LocalPath(mount.Uri) is not { } directory)
                continue;
            string real = Resolve(directory);
            if (!Directory.Exists(real))
                yield return $"--mount {mount.Path}: '{directory}' is not a directory on this machine; check the path.";
            // Before the mount is there: once it is, the path is not to be looked at.
            if (options.Fuse is { } fuse && IsWithin(fuse.MountPoint, real))
                yield return $"--fuse {fuse.MountPoint} lies inside '{directory}', which is mounted at {mount.Path}: the cache would read itself; give a directory outside of it.";
            if (IsOwn(real, mounted))
                yield return $"--mount {mount.Path}: '{directory}' is itself served by Orleans.Cache; mount what lies behind it.";
            foreach ((StoreOptions store, string realStore) in stores)
            {
                if (IsWithin(realStore, real))
                    yield return $"--mount {mount.Path}: '{directory}' contains the store '{store.Directory}', so the cache would cache itself; "
                        + "give --store DIR=SIZE outside of it.";
                else if (IsWithin(real, realStore))
                    yield return $"--mount {mount.Path}: '{directory}' lies inside the store '{store.Directory}', which belongs to the node alone; move one of them.";
            }
        }
        for (int i = 0; i < stores.Length; i++)
        {
            for (int j = 0; j < stores.Length; j++)
            {
                if (i != j && IsWithin(stores[i].Real, stores[j].Real) && (i < j || stores[i].Real != stores[j].Real))
                    yield return $"--store '{stores[i].Store.Directory}' is or lies inside '{stores[j].Store.Directory}'; give each store a directory of its own.";
            }
        }
    }

    /// <summary>The directory that a file: URI names; null for every other scheme.</summary>
    private static string? LocalPath(string uri)
    {
        if (!uri.StartsWith("file://", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return Path.GetFullPath(UnderStorageFactory.LocalPathOf(uri));
        }
        catch (CacheException)
        {
            return null; // The connector refuses it in its own words.
        }
    }

    private static bool IsWithin(string path, string ancestor) =>
        path == ancestor || path.StartsWith(ancestor.EndsWith('/') ? ancestor : ancestor + '/', StringComparison.Ordinal);

    private static bool IsOwn(string path, IReadOnlyList<MountedFileSystem> mounted)
    {
        // The longest mount point that holds the path is the file system it lies on; of equal ones the last covers the others.
        string type = "";
        int longest = -1;
        foreach (MountedFileSystem candidate in mounted)
        {
            if (candidate.MountPoint.Length < longest || !IsWithin(path, candidate.MountPoint))
                continue;
            longest = candidate.MountPoint.Length;
            type = candidate.Type;
        }
        return type == OwnFileSystem;
    }

    /// <summary>The path with every symbolic link followed; components that do not exist stay as they are.</summary>
    public static string Resolve(string path)
    {
        string resolved = "/";
        var pending = new Stack<string>(Components(path));
        for (int links = 0; pending.TryPop(out string? name);)
        {
            if (name == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? "/";
                continue;
            }
            string next = Path.Combine(resolved, name);
            if (new FileInfo(next).LinkTarget is not { } target || ++links > MaxLinks)
            {
                resolved = next;
                continue;
            }
            if (Path.IsPathRooted(target))
                resolved = "/";
            foreach (string component in Components(target))
                pending.Push(component);
        }
        return resolved;
    }

    /// <summary>Last component first: the order in which a stack takes them.</summary>
    private static IEnumerable<string> Components(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(name => name != ".").Reverse();
}
