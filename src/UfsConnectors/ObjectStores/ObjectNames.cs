using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>Keys of a mount and names of objects: a key is the name without the mount's prefix, each part as a path can hold it (<see cref="PartName"/>).</summary>
/// <param name="root">The prefix: empty, or names with a slash behind each.</param>
/// <param name="canName">What the store says of names.</param>
internal sealed class ObjectNames(string root, Func<string, bool> canName)
{
    /// <summary>Name of the object that a key means.</summary>
    public string Of(string key) => root + PartName.OfPaths(key);

    /// <summary>What the names of all objects below a key begin with, and the name of its marker.</summary>
    public string OfDirectory(string key) => key.Length == 0 ? root : root + PartName.OfPaths(key) + '/';

    public string KeyOf(string name) => name.Length == root.Length ? "" : PartName.ToPaths(name[root.Length..]);

    /// <summary>
    /// False for a name that no object, and no directory, can have: nothing is there, and no request may name it. Stores and their libraries turn some names into others, which may
    /// lie outside of the mount.
    /// </summary>
    public bool Fits(string key) => PartName.IsCanonical(key) && canName(MayBeFile(key) ? Of(key) : OfDirectory(key));

    /// <summary>False for a key that can only be a directory's: an object whose name ends with a slash is a marker.</summary>
    public static bool MayBeFile(string key) => !PartName.EndsEmpty(key);

    public void RequireFit(string key)
    {
        if (!Fits(key))
            throw new CacheException(CacheError.InvalidPath, $"'{(key.Length > 100 ? key[..100] + "..." : key)}' is longer than the store allows, or holds characters or parts that it changes.");
    }

    public void RequireFile(string key)
    {
        RequireFit(key);
        if (!MayBeFile(key))
            throw new CacheException(CacheError.InvalidPath, $"'{key}' would be an object whose name ends with a slash, which means a directory; name it otherwise.");
    }

    /// <summary>Directories have no time of their own in object stores.</summary>
    public static UfsStatus Directory(string key) => new(key, IsDirectory: true, 0, DateTimeOffset.UnixEpoch, default);

    /// <summary>Whole seconds: that is what statuses tell, listings tell more, and one file shall have one time.</summary>
    public static UfsStatus File(string key, ObjectStatus status) => new(
        key, IsDirectory: false, status.Length, DateTimeOffset.FromUnixTimeSeconds(status.LastModified.ToUnixTimeSeconds()), status.Version)
    {
        Attributes = status.Attributes,
    };
}
