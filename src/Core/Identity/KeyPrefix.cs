namespace Orleans.Cache.Identity;

/// <summary>What a key covers: itself, and recursively all keys below it.</summary>
public static class KeyPrefix
{
    /// <summary>Whether <paramref name="key"/> is <paramref name="prefix"/> or, recursively, lies below it ("" is the root).</summary>
    public static bool Covers(string prefix, bool recursive, string key) =>
        key == prefix || (recursive && (prefix.Length == 0
            || (key.Length > prefix.Length && key[prefix.Length] == '/' && key.StartsWith(prefix, StringComparison.Ordinal))));
}
