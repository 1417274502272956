using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Metadata;

/// <summary>What the namespace says of one path. Immutable.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="LastModified">As the under storage says.</param>
/// <param name="File">Version, length and page geometry of a file; null for a directory.</param>
public sealed record FileStatus(CachePath Path, DateTimeOffset LastModified, FileRef? File)
{
    /// <summary>Owner and mode, where the under storage has them.</summary>
    public PosixAttributes? Posix { get; init; }

    /// <summary>
    /// What the under storage keeps of a file beside its bytes; null: not told yet, as by a listing. Where it keeps nothing:
    /// <see cref="UfsAttributes.None"/>.
    /// </summary>
    public UfsAttributes? Attributes { get; init; } = UfsAttributes.None;

    public bool IsDirectory => File is null;

    public long Length => File?.Length ?? 0;

    /// <summary>Of a file.</summary>
    /// <exception cref="CacheException">IsDirectory.</exception>
    public FileRef RequireFile() => File ?? throw new CacheException(CacheError.IsDirectory, $"'{Path}' is a directory; list it instead.");
}

/// <summary>An answer with the time for which it may be believed from now on.</summary>
/// <param name="Status">Null: nothing is there.</param>
/// <param name="Remaining">
/// What is left of its validity, counted from the moment the request started at the owner. Whoever caches it further passes
/// on what is left, never the full time. <see cref="TimeSpan.MaxValue"/>: for ever. Zero: use it once.
/// </param>
public readonly record struct StatusAnswer(FileStatus? Status, TimeSpan Remaining);

/// <summary>A status that is believed without asking.</summary>
/// <param name="Answer">What is believed, and for how long yet.</param>
/// <param name="Age">Since the request to the under storage started.</param>
public readonly record struct RecalledStatus(StatusAnswer Answer, TimeSpan Age);
