using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Writing;

/// <summary>A file of which another one is made, see <see cref="UfsPart"/>.</summary>
/// <param name="Path">Where it lies; in another mount, and nothing is made of it.</param>
/// <param name="Version">The version that it must have still.</param>
/// <param name="Length">Bytes of that version.</param>
/// <param name="Md5">Of its bytes, in small hexadecimal digits; null: it is not known.</param>
public sealed record FilePart(CachePath Path, FileVersion Version, long Length, string? Md5);
