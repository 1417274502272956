namespace Orleans.Cache;

/// <summary>What went wrong, in terms that every front-end can translate into its protocol's own form.</summary>
public enum CacheError
{
    /// <summary>No such file or directory in the namespace or the under storage.</summary>
    NotFound,

    /// <summary>The text is not a path of the namespace.</summary>
    InvalidPath,

    /// <summary>A parameter is out of its range or malformed.</summary>
    InvalidArgument,

    /// <summary>A file was asked for and the path is a directory.</summary>
    IsDirectory,

    /// <summary>A directory was asked for and the path is a file.</summary>
    NotADirectory,

    /// <summary>The under storage refuses our credentials or permissions, or the entry is one we refuse to follow.</summary>
    AccessDenied,

    /// <summary>The source no longer holds the version that was asked for. Ask for the status again.</summary>
    Changed,

    /// <summary>Already exists (create, rename).</summary>
    AlreadyExists,

    /// <summary>The directory is not empty.</summary>
    NotEmpty,

    /// <summary>The mount, or the file system behind it, takes no writes.</summary>
    ReadOnly,

    /// <summary>What a write demanded of the file there (absent, present, a version) does not hold; nothing was written.</summary>
    ConditionFailed,

    /// <summary>The under storage has no space left for what is written.</summary>
    NoSpace,

    /// <summary>The under storage or mount cannot do this at all.</summary>
    NotSupported,

    /// <summary>A limit of this node is reached; try again later.</summary>
    Overloaded,

    /// <summary>The under storage does not answer or fails; try again later.</summary>
    Unavailable,

    /// <summary>A node of the cluster does not answer. Another node can: who routes requests asks the next owner.</summary>
    NodeUnreachable,
}

/// <summary>
/// The only exception that crosses the engine's borders on purpose. The message names the value and the remedy and is fit
/// to be shown to a user: it holds no secret and no path outside the cache namespace.
/// </summary>
public sealed class CacheException(CacheError error, string message, Exception? inner = null) : Exception(message, inner)
{
    public CacheError Error { get; } = error;

    /// <summary>
    /// Whether the under storage answered, and refused: then nothing that was believed before is told in place of its answer. False of one that cannot be reached, fails, or
    /// has too much to do.
    /// </summary>
    public bool IsRefusal { get; init; }

    public static CacheException NotFound(string path) => new(CacheError.NotFound, $"'{path}' does not exist.");

    public static CacheException Changed(string path) =>
        new(CacheError.Changed, $"'{path}' changed in the under storage while it was read; read it again.");
}
