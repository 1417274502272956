using Orleans.Cache.Identity;

namespace Orleans.Cache.UnderStorage;

/// <summary>
/// One under storage below one root: the truth and the commit point. Keys are relative, '/'-separated, without a leading
/// slash; the root is "". Implementations are safe for concurrent use. Failures are <see cref="CacheException"/>s
/// (NotFound, Changed, AccessDenied, IsDirectory, NotSupported, Unavailable ...); a missing key on a stat is not a failure.
/// </summary>
/// <remarks>Every implementation passes the inheritable suite UnderStorageContract in tests/Testing.</remarks>
public interface IUnderStorage : IAsyncDisposable
{
    UfsIdentity Identity { get; }

    UfsCapabilities Capabilities { get; }

    /// <summary>What is sent to the store, where there is one beyond this machine.</summary>
    UfsTraffic? Traffic => null;

    /// <summary>Asks whether the store can be reached, exists and lets us in: once, when a mount is added.</summary>
    /// <exception cref="CacheException">What of that is not so, and what to do.</exception>
    Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Status of a key, or null where nothing is there. Never follows a link out of the root (AccessDenied).</summary>
    ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Opens <paramref name="length"/> bytes at <paramref name="offset"/> of exactly <paramref name="version"/>.
    /// </summary>
    /// <param name="key">The file.</param>
    /// <param name="version">The version that must be read; null reads whatever is there.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes wanted; the caller asks only for bytes that the version has.</param>
    /// <param name="cancellationToken">Ends waiting for the source.</param>
    /// <exception cref="CacheException">
    /// NotFound, IsDirectory, Changed (another version is there, or the range ends past it), AccessDenied, Unavailable.
    /// </exception>
    ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken);

    /// <summary>
    /// Status of a key and the first bytes of its file in one request, where the store can: for who is going to read them.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="length">Bytes wanted, at least one; a shorter file comes whole.</param>
    /// <param name="cancellationToken">Ends waiting for the answer.</param>
    /// <returns>Null: it cannot be had so, of this storage or of what is there. Ask for the status.</returns>
    /// <exception cref="CacheException">As of <see cref="GetStatusAsync"/>.</exception>
    ValueTask<FirstBytes?> OpenFirstAsync(string key, int length, CancellationToken cancellationToken) => new(null as FirstBytes);

    /// <summary>
    /// The entries of a directory in ordinal order of their UTF-16 names, starting after <paramref name="startAfter"/>. Memory
    /// stays bounded by the names of one directory at most; statuses are read as the caller advances. Entries that are special
    /// (sockets, devices), lead out of the root or vanish meanwhile are left out.
    /// </summary>
    /// <exception cref="CacheException">NotFound, NotADirectory, AccessDenied, Unavailable.</exception>
    IAsyncEnumerable<UfsStatus> ListAsync(string key, string? startAfter, CancellationToken cancellationToken);

    /// <summary>
    /// Creates or replaces a file from <paramref name="content"/> atomically: readers see the old or the new content, and a
    /// failure leaves the old one. Missing parents are created. Memory stays bounded, however long the content.
    /// </summary>
    /// <param name="key">The file.</param>
    /// <param name="content">Read to its end; what it throws is passed on, and the file stays as it was.</param>
    /// <param name="condition">
    /// Checked before the content is read, and again at the commit: there <see cref="WriteCondition.IfAbsent"/> is atomic where
    /// Capabilities say so, the others against writes through this instance.
    /// </param>
    /// <param name="cancellationToken">Gives the write up.</param>
    /// <returns>The version that was written.</returns>
    /// <exception cref="CacheException">ConditionFailed, IsDirectory, NotADirectory, AccessDenied, ReadOnly, NoSpace, Unavailable.</exception>
    Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="CreateAsync"/>, as object stores have it: a key is a name and nothing more, so no directory at it and no file above it is looked for; and
    /// what the store can keep beside the bytes goes with them. A storage of files does what CreateAsync does.
    /// </summary>
    /// <returns>
    /// The version that was written. Attributes: those that the store keeps now; null where it keeps none. LastModified is the Unix epoch where only a
    /// further request would tell.
    /// </returns>
    Task<UfsStatus> CreateObjectAsync(string key, Stream content, ObjectWrite write, CancellationToken cancellationToken) =>
        CreateAsync(key, content, write.Condition, cancellationToken);

    /// <summary>
    /// Makes a file of files that are there, in order, as <see cref="CreateObjectAsync"/> would of their bytes, which do not leave the store: it appears whole or not at all, and
    /// those that it is made of stay.
    /// </summary>
    /// <param name="key">The file.</param>
    /// <param name="parts">What it is made of, in exactly these versions.</param>
    /// <param name="write">Its attributes are asked for once, with true.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>As of a write. Null: the store cannot, or not of these, and nothing has changed; write the bytes.</returns>
    /// <exception cref="CacheException">As of a write; NotFound, Changed: of a part.</exception>
    Task<UfsStatus?> ComposeAsync(string key, IReadOnlyList<UfsPart> parts, ObjectWrite write, CancellationToken cancellationToken) => Task.FromResult<UfsStatus?>(null);

    /// <summary>Creates a directory and its parents; one that exists is fine. A file there, or as a parent: NotADirectory.</summary>
    Task CreateDirectoryAsync(string key, CancellationToken cancellationToken);

    /// <summary>Deletes a file or an empty directory. Nothing there: NotFound; NotEmpty for a directory with entries.</summary>
    Task DeleteAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes the file that <paramref name="condition"/> demands, held as firmly as a write's: in one step with the delete where the store can, else against
    /// everything that changes the key through this instance.
    /// </summary>
    /// <exception cref="CacheException">ConditionFailed; NotFound: it went between the two; NotSupported.</exception>
    Task DeleteFileAsync(string key, WriteCondition condition, CancellationToken cancellationToken) =>
        throw new CacheException(CacheError.NotSupported, $"'{Identity.Uri}' deletes nothing under a condition; delete without one.");

    /// <summary>
    /// Renames a file or directory, replacing a file at the target atomically where Capabilities says so. Missing parents of the
    /// target are created. A directory at the target, or a directory renamed onto a file: AlreadyExists; into itself: InvalidArgument.
    /// </summary>
    Task RenameAsync(string from, string to, CancellationToken cancellationToken);
}

/// <summary>
/// A sequential read of one range of one version.
/// Invariant: every byte that ReadAsync hands out belongs to the version asked for — either because the response is
/// atomically one version (If-Match), or because the connector confirmed it after reading that piece. So pieces may be sent
/// on as they come; a read that cannot go on throws Changed, and never ends short.
/// </summary>
public interface IUfsReader : IAsyncDisposable
{
    /// <summary>Reads at least one byte into <paramref name="destination"/>, or returns 0 exactly after the last byte of the range.</summary>
    ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>
    /// Whether the bytes handed out so far may be kept as this version's pages. False where the version token is too young to
    /// prove that equal tokens mean equal bytes ("racily clean" local files).
    /// </summary>
    bool MayPublish { get; }

    /// <summary>Length of the whole file as the answer that is read tells it; null where answers do not.</summary>
    long? FileLength => null;

    /// <summary>The bytes come from another node's cache now, and cost the under storage nothing.</summary>
    bool IsFromNeighbour => false;
}
