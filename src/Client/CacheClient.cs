using System.Diagnostics;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Connecting;
using Orleans.Cache.Client.Fallback;
using Orleans.Cache.Client.Reading;
using Orleans.Cache.Client.Telemetry;
using Orleans.Cache.Client.Writing;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Pages;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Client;

/// <summary>
/// A cluster of Orleans.Cache nodes, as a .NET program uses it. Knows the ring, so a read goes straight to the node that owns the bytes;
/// when that is lost, to the next owner, to any node, and where it is configured to the under storage itself. Safe for concurrent use:
/// one client for a cluster and process.
/// </summary>
/// <remarks>
/// Paths are those of the cache namespace ("/mount/dir/file"). Failures are <see cref="CacheException"/>s; every method can throw
/// InvalidPath, AccessDenied, Unavailable (the under storage fails), Overloaded, and NodeUnreachable (nobody answers). Tokens end the
/// caller's own waiting and throw <see cref="OperationCanceledException"/>. Tells of itself by a meter and an activity source called
/// "Orleans.Cache.Client".
/// </remarks>
public sealed class CacheClient : IAsyncDisposable
{
    private readonly CacheClientOptions _options;
    private readonly ClusterConnection _cluster;
    private readonly UnderStorageNode _last;
    private readonly CacheFileSystem _files;
    private readonly RestWrites _writes;
    private readonly BufferBudget _buffers;

    private CacheClient(CacheClientOptions options, ClusterConnection cluster)
    {
        _options = options;
        _cluster = cluster;
        _buffers = new BufferBudget(options.BufferBytes);
        _last = new UnderStorageNode(() => cluster.View.Mounts, cluster.View.Description.PageSize, options.Time);
        var routed = new RoutedNode(() => cluster.View.Nodes, () => cluster.View.Mounts, _last)
        {
            TryAgain = cluster.AnyNodeAnswersAsync,
            PassedOver = cluster.NodeFailed,
        };
        _files = new CacheFileSystem(new ClientDirectory(() => cluster.View, routed), () => cluster.View.Mounts);
        _writes = new RestWrites(cluster);
    }

    /// <summary>The cluster as the client knows it now: members, shares of the ring, mounts; states are what the client has met with itself.</summary>
    public ClusterDescription Cluster => _cluster.Describe();

    /// <summary>The cluster as front-ends take it: the same interface as a node's own files have. For reading; writes go through this class.</summary>
    public CacheFileSystem Files => _files;

    /// <summary>Connects to a cluster through any of its nodes.</summary>
    /// <param name="node">Address of a node's REST port, such as <c>http://cache-1:28080</c>.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="CacheException">NodeUnreachable; InvalidArgument: an option is out of its range.</exception>
    public static Task<CacheClient> ConnectAsync(Uri node, CacheClientOptions? options = null, CancellationToken cancellationToken = default) =>
        ConnectAsync([node], options, cancellationToken);

    /// <summary>Connects to a cluster through the first of several nodes that answers; all others are learnt from it.</summary>
    /// <inheritdoc cref="ConnectAsync(Uri, CacheClientOptions?, CancellationToken)"/>
    /// <param name="nodes">Addresses of REST ports, at least one; also asked later, when no known node answers.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<CacheClient> ConnectAsync(IEnumerable<Uri> nodes, CacheClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new CacheClientOptions();
        options.Validate();
        Uri[] addresses = [.. nodes];
        if (addresses.Length == 0 || Array.Find(addresses, a => !a.IsAbsoluteUri || a.Scheme is not ("http" or "https")) is not null)
            throw new CacheException(CacheError.InvalidArgument, $"[{string.Join(", ", addresses.AsEnumerable())}] are not addresses of nodes; give at least one, such as http://cache-1:28080.");
        var cluster = new ClusterConnection(addresses, options);
        try
        {
            await cluster.OpenAsync(cancellationToken).ConfigureAwait(false);
            return new CacheClient(options, cluster);
        }
        catch (Exception)
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Status of a path: a file's length in bytes, version and time, or a directory.</summary>
    /// <exception cref="CacheException">NotFound.</exception>
    public async Task<FileStatus> GetStatusAsync(string path, CancellationToken cancellationToken = default)
    {
        using Activity? activity = Start("ocache.status", path);
        return await _files.GetStatusAsync(CachePath.Parse(path), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether something is at a path, file or directory.</summary>
    public async Task<bool> ExistsAsync(string path, CancellationToken cancellationToken = default)
    {
        using Activity? activity = Start("ocache.status", path);
        return (await _files.TryGetStatusAsync(CachePath.Parse(path), cancellationToken).ConfigureAwait(false)).Status is not null;
    }

    /// <summary>Entries of a directory in ordinal order of names; each page of the listing is asked for as the caller advances.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="recursive">Descend, depth first, each directory before what it holds.</param>
    /// <param name="startAfter">Path relative to the directory of the last entry already seen, to go on with a listing; null starts it.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="CacheException">NotFound, NotADirectory.</exception>
    public IAsyncEnumerable<FileStatus> ListAsync(
        string directory, bool recursive = false, string? startAfter = null, CancellationToken cancellationToken = default) =>
        _files.ListAsync(CachePath.Parse(directory), recursive, startAfter, cancellationToken);

    /// <summary>
    /// Opens a file. The version is fixed at the first read, or when the caller first looks at the stream's length or status. To be disposed
    /// of; do so asynchronously.
    /// </summary>
    /// <exception cref="CacheException">NotFound, IsDirectory.</exception>
    public async Task<CacheReadStream> OpenReadAsync(string path, CancellationToken cancellationToken = default)
    {
        using Activity? activity = Start("ocache.open", path);
        CachePath parsed = CachePath.Parse(path);
        CacheFile file = await _files.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
        return new CacheReadStream(file, Ahead, token => _files.OpenAsync(parsed, token));
    }

    /// <summary>Opens the version that a status names, from a listing for example. Asks nobody.</summary>
    /// <exception cref="CacheException">IsDirectory.</exception>
    public CacheReadStream OpenRead(FileStatus file) => new(_files.Open(file), Ahead, reopen: null);

    /// <summary>
    /// Reads bytes of one version into the caller's memory, which is filled unless the file ends before; large reads ask for several
    /// ranges at once. Reads nothing ahead. Nothing is written into the memory once the call has ended.
    /// </summary>
    /// <param name="file">The version, from a status or a listing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>Bytes read: fewer than asked for only at the end of the file, 0 from there on.</returns>
    /// <exception cref="CacheException">Changed: the source no longer holds that version; ask for the status again. NotFound, IsDirectory.</exception>
    public async ValueTask<int> ReadAsync(FileStatus file, long offset, Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        int wanted = (int)Math.Clamp(file.RequireFile().Length - offset, 0, destination.Length);
        if (wanted > 0)
            await FileRanges.FillInParallelAsync(_files.Open(file), offset, destination[..wanted], _options.RangesInFlight, cancellationToken).ConfigureAwait(false);
        return wanted;
    }

    /// <summary>Drops what all nodes cache of a file (every version), or of everything below a directory, and what they believe of it.</summary>
    /// <param name="path">The file or directory.</param>
    /// <param name="recursive">Needed for a directory.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What was dropped.</returns>
    /// <exception cref="CacheException">NotFound (no mount holds the path), IsDirectory; NodeUnreachable: a node could not be told, all others were.</exception>
    public async Task<DroppedPages> FreeAsync(string path, bool recursive = false, CancellationToken cancellationToken = default)
    {
        using Activity? activity = Start("ocache.free", path);
        return await _writes.FreeAsync(CachePath.Parse(path), recursive, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Creates or replaces a file; missing directories above are made. Other readers see the old file or the new one, whole. When it has
    /// completed, whoever asks through the cache gets the new one.
    /// </summary>
    /// <param name="path">The file, on a mount that takes writes.</param>
    /// <param name="content">Read to its end, never held as a whole, not disposed of.</param>
    /// <param name="condition">What must be there; by default whatever is there is replaced.</param>
    /// <param name="cancellationToken">Gives the write up.</param>
    /// <returns>The version that was written.</returns>
    /// <exception cref="CacheException">
    /// ConditionFailed, ReadOnly, NotSupported, IsDirectory, NotADirectory, NotFound (no mount), NoSpace; NodeUnreachable: the node was lost
    /// meanwhile, and the message says so where it is not known whether the file was written.
    /// </exception>
    public async Task<FileStatus> CreateAsync(string path, Stream content, WriteCondition condition = default, CancellationToken cancellationToken = default)
    {
        using Activity? activity = Start("ocache.create", path);
        return await _writes.CreateAsync(CachePath.Parse(path), content, condition, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates a directory and those above it; one that exists is fine.</summary>
    /// <exception cref="CacheException">NotADirectory, ReadOnly, NotSupported, NotFound (no mount); NodeUnreachable as for <see cref="CreateAsync"/>.</exception>
    public async Task CreateDirectoryAsync(string path, CancellationToken cancellationToken = default)
    {
        using Activity? activity = Start("ocache.mkdir", path);
        await _writes.CreateDirectoryAsync(CachePath.Parse(path), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes a file or an empty directory; with <paramref name="recursive"/> a directory and all it holds.</summary>
    /// <exception cref="CacheException">NotFound, NotEmpty, ReadOnly, NotSupported; NodeUnreachable as for <see cref="CreateAsync"/>.</exception>
    public async Task DeleteAsync(string path, bool recursive = false, CancellationToken cancellationToken = default)
    {
        using Activity? activity = Start("ocache.delete", path);
        await _writes.DeleteAsync(CachePath.Parse(path), recursive, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves a file or a directory within one mount; a file at the target is replaced.</summary>
    /// <exception cref="CacheException">NotFound, AlreadyExists, ReadOnly, NotSupported (another mount); NodeUnreachable as for <see cref="CreateAsync"/>.</exception>
    public async Task MoveAsync(string from, string to, CancellationToken cancellationToken = default)
    {
        using Activity? activity = Start("ocache.move", from);
        await _writes.MoveAsync(CachePath.Parse(from), CachePath.Parse(to), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes all connections, and the under storages that were opened. Streams that are open fail at their next read.</summary>
    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync().ConfigureAwait(false);
        _last.Dispose();
    }

    private static Activity? Start(string name, string path) =>
        ClientTelemetry.Activities.StartActivity(name, ActivityKind.Client)?.SetTag("ocache.path", path);

    private ReadAhead Ahead(CacheFile file) => new(file, _options, _buffers);
}
