using Orleans.Cache.Identity;

namespace Orleans.Cache.UnderStorage;

/// <summary>A file of which another one is made.</summary>
/// <param name="Key">Its key, in the same storage.</param>
/// <param name="Version">The version that it must have still.</param>
/// <param name="Length">Bytes of that version.</param>
/// <param name="Md5">Of its bytes, in small hexadecimal digits: what stores answer that hash what they copy; null: it is not known.</param>
public sealed record UfsPart(string Key, FileVersion Version, long Length, string? Md5);
