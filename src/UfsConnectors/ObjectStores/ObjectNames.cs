using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>Keys of a mount and names of objects: a key is the name without the mount's prefix.</summary>
/// <param name="root">The prefix: empty, or names with a slash behind each.</param>
/// <param name="canName">What the store says of names.</param>
internal sealed class ObjectNames(string root, Func<string, bool> canName)
{
    /// <summary>Name of the object that a key means.</summary>
    public string Of(string key) => root + key;

    /// <summary>What the names of all objects below a key begin with, and the name of its marker.</summary>
    public string OfDirectory(string key) => key.Length == 0 ? root : root + key + '/';

    public string KeyOf(string name) => name[root.Length..];

    /// <summary>False for a name that no object can have: nothing is there.</summary>
    public bool Fits(string key) => canName(root + key);

    public void RequireFit(string key)
    {
        if (!Fits(key))
            throw new CacheException(CacheError.InvalidPath, $"'{(key.Length > 100 ? key[..100] + "..." : key)}' is longer than the store allows, or holds characters that it changes.");
    }

    /// <summary>Directories have no time of their own in object stores.</summary>
    public static UfsStatus Directory(string key) => new(key, IsDirectory: true, 0, DateTimeOffset.UnixEpoch, default);

    /// <summary>Whole seconds: that is what statuses tell, listings tell more, and one file shall have one time.</summary>
    public static UfsStatus File(string key, ObjectStatus status) => new(
        key, IsDirectory: false, status.Length, DateTimeOffset.FromUnixTimeSeconds(status.LastModified.ToUnixTimeSeconds()), status.Version);
}
