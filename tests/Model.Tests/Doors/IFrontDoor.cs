using Orleans.Cache.Model.Tests.Oracle;

namespace Orleans.Cache.Model.Tests.Doors;

/// <summary>A way into the engine. Paths are relative to the mount at "/".</summary>
internal interface IFrontDoor : IAsyncDisposable
{
    /// <exception cref="CacheException">All errors but NotFound.</exception>
    ValueTask<Seen> StatAsync(string path);

    /// <exception cref="CacheException">Also NotFound.</exception>
    ValueTask<List<Seen>> ListAsync(string directory, bool recursive);

    ValueTask<Answer> OpenAsync(string path);

    /// <summary>Opens and reads up to the end of the file or of the destination.</summary>
    ValueTask<Answer> ReadAsync(string path, int offset, Memory<byte> destination, bool lent);

    /// <summary>Reads of what was opened, in that version or not at all.</summary>
    ValueTask<Answer> ReadAsync(OpenedFile file, int offset, Memory<byte> destination, bool lent);

    Task FreeAsync(string path, bool recursive);

    /// <summary>Writes a file through the cache; gives its version's token.</summary>
    /// <exception cref="CacheException">As for all writes.</exception>
    Task<string> PutAsync(string path, byte[] content);

    Task DeleteAsync(string path, bool recursive);

    Task MoveAsync(string from, string to);

    Task MakeDirectoryAsync(string path);
}

/// <summary>One version of a file, as a front door names it.</summary>
/// <param name="Path">Relative to the mount.</param>
/// <param name="Token">Version.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Handle">What the door needs to read of it.</param>
internal sealed record OpenedFile(string Path, string Token, long Length, object? Handle = null);

/// <summary>How opening or reading ended.</summary>
internal readonly record struct Answer
{
    /// <summary>What was opened; null where that failed, or the door does not tell.</summary>
    public OpenedFile? File { get; init; }

    /// <summary>Bytes read.</summary>
    public int Count { get; init; }

    /// <summary>Null: it went well.</summary>
    public CacheError? Error { get; init; }

    /// <summary>The error came after an answer had begun, so the front-end could not tell which it was.</summary>
    public bool WasCut { get; init; }

    /// <summary>The engine has noticed that the source changed: it believes nothing of the path any more.</summary>
    public bool EndedBelief { get; init; }

    /// <summary>The door opens and reads in one, and the error may be of either.</summary>
    public bool MayBeOfReading { get; init; }

    /// <summary>The door cannot read what another has opened: it has opened the path anew, and so perhaps an older version, which its mode allows.</summary>
    public bool IsByName { get; init; }
}
