using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Metadata;

/// <summary>
/// Reads one directory from its under storage once, merges the mounts below it in (they shadow entries of their names), and
/// lets each status it meets enter the status cache as of the start of the listing, so that list-then-open asks nothing more.
/// </summary>
/// <param name="view">What is believed.</param>
/// <param name="directory">The directory.</param>
/// <param name="stamp">Taken before the listing began.</param>
/// <param name="startedAt">When it did.</param>
/// <param name="pageSize">Bytes of a page of the files found.</param>
/// <param name="epochs">Turns the listing's stamp into those of its entries.</param>
/// <param name="counters">Listings and errors are counted there.</param>
/// <param name="time">As of which statuses are believed.</param>
/// <param name="learns">
/// False in the streamed rest of a directory that is too large to be remembered: its million statuses would push out all that is believed, and one another.
/// </param>
internal sealed class DirectoryReader(
    MetadataView view, CachePath directory, EpochStamp stamp, long startedAt, int pageSize, InvalidationEpochs epochs,
    CacheCounters counters, TimeProvider time, bool learns)
{
    private readonly IReadOnlyList<string> _mountNames = view.Table.MountNamesBelow(directory);

    /// <exception cref="CacheException">NotFound, NotADirectory, AccessDenied, Unavailable.</exception>
    public async IAsyncEnumerable<FileStatus> ReadAsync(string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int mount = 0;
        while (mount < _mountNames.Count && string.CompareOrdinal(_mountNames[mount], startAfter) <= 0)
            mount++;
        IAsyncEnumerator<UfsStatus> entries = Open(startAfter, out MountedKey mounted, cancellationToken);
        await using (entries.ConfigureAwait(false))
        {
            while (await AdvanceAsync(entries).ConfigureAwait(false))
            {
                string name = entries.Current.Name;
                while (mount < _mountNames.Count && string.CompareOrdinal(_mountNames[mount], name) < 0)
                    yield return MetadataView.MountPoint(directory.Combine(_mountNames[mount++]));
                // A mount of the same name shadows the entry; it comes before the next greater name.
                bool shadowed = mount < _mountNames.Count && _mountNames[mount] == name;
                if (!shadowed && TryCombine(name, out CachePath path))
                    yield return Learn(mounted, path, name, entries.Current);
            }
        }
        while (mount < _mountNames.Count)
            yield return MetadataView.MountPoint(directory.Combine(_mountNames[mount++]));
    }

    private IAsyncEnumerator<UfsStatus> Open(string? startAfter, out MountedKey mounted, CancellationToken cancellationToken)
    {
        if (view.Table.TryResolve(directory, out mounted))
        {
            counters.UfsLists.Increment();
            return mounted.Mount.Storage.ListAsync(mounted.Key, startAfter, cancellationToken).GetAsyncEnumerator(cancellationToken);
        }
        return _mountNames.Count > 0 ? Nothing().GetAsyncEnumerator(cancellationToken) : throw CacheException.NotFound(directory.Value);
    }

    /// <summary>A directory that leads to a mount exists, whether or not the under storage has it.</summary>
    private async ValueTask<bool> AdvanceAsync(IAsyncEnumerator<UfsStatus> entries)
    {
        try
        {
            return await entries.MoveNextAsync().ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error is CacheError.NotFound or CacheError.NotADirectory)
        {
            return _mountNames.Count > 0 ? false : throw Renamed(e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            counters.UfsErrors.Increment();
            throw;
        }
    }

    /// <summary>The under storage speaks of its key; users know the cache path.</summary>
    private CacheException Renamed(CacheException e) => e.Error == CacheError.NotFound
        ? CacheException.NotFound(directory.Value)
        : new CacheException(e.Error, $"'{directory}' is a file; ask for its status or content instead.", e);

    /// <summary>Names that the namespace cannot express (over-long paths, "..", broken Unicode in object keys) are left out.</summary>
    private bool TryCombine(string name, out CachePath path)
    {
        path = directory;
        return name.Length > 0 && CachePath.TryParse(directory.IsRoot ? '/' + name : directory.Value + '/' + name, out path, out _);
    }

    private FileStatus Learn(MountedKey mounted, CachePath path, string name, UfsStatus entry)
    {
        string key = mounted.Key.Length == 0 ? name : mounted.Key + '/' + name;
        FileStatus status = Described(StatusOf(mounted.Mount, key, path, entry, pageSize));
        if (learns && mounted.Mount.Freshness.BelieveFor > TimeSpan.Zero && epochs.TryStampEntry(stamp, directory, path, out EpochStamp entryStamp))
            view.Statuses.Remember(Belief.From<FileStatus?>(path, status, entryStamp, startedAt, mounted.Mount.Freshness.BelieveFor, MetadataCache.WeightOf(status), time));
        return status;
    }

    /// <summary>Listings do not tell attributes; those that are believed of the very same object stay believed.</summary>
    private FileStatus Described(FileStatus listed) =>
        listed.Attributes is null && view.Statuses.TryGet(listed.Path, out Belief<FileStatus?>? known, out _)
            && known.Value is { Attributes: { } attributes, File: { } file } before && file.Equals(listed.File) && before.LastModified == listed.LastModified
            ? listed with { Attributes = attributes }
            : listed;

    /// <summary>An under storage's answer in terms of the namespace.</summary>
    public static FileStatus StatusOf(Mount mount, string key, CachePath path, UfsStatus status, int pageSize) => new(
        path,
        status.LastModified,
        status.IsDirectory ? null : new FileRef(mount.Storage.Identity, key, status.Version, status.Length, pageSize))
    {
        Posix = status.Posix,
        Attributes = status.IsDirectory || !mount.Storage.Capabilities.KeepsAttributes ? UfsAttributes.None : status.Attributes,
    };

    private static async IAsyncEnumerable<UfsStatus> Nothing()
    {
        await ValueTask.CompletedTask.ConfigureAwait(false);
        yield break;
    }
}
