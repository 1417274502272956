using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>
/// Takes an object away, with its record, and the directories that this leaves empty: to S3's clients they were never there. Those that were
/// written as objects stay. Nothing there is no failure.
/// </summary>
internal sealed class ObjectDeletion(CacheFileSystem files, RecordStore records)
{
    /// <exception cref="S3Exception">PreconditionFailed.</exception>
    public async Task DeleteAsync(ObjectKey key, WriteConditions.DeleteDemand demand, CancellationToken cancellationToken)
    {
        // A demand is one on what is there, whatever is believed.
        FileStatus? status = demand.IsNone
            ? (await files.TryGetStatusAsync(key.Path, cancellationToken).ConfigureAwait(false)).Status
            : await WriteConditions.FindToDeleteAsync(files, records, key, demand, cancellationToken).ConfigureAwait(false);
        if (status is null || status.IsDirectory != key.IsDirectory)
            return;
        WriteCondition condition = demand.IsNone ? WriteCondition.None : WriteCondition.IfVersion(status.RequireFile().Version);
        if (key.IsDirectory)
            await records.DropMarkerAsync(key.Bucket, key.Key, cancellationToken).ConfigureAwait(false);
        if (!await TryDeleteAsync(key.Path, condition, cancellationToken).ConfigureAwait(false))
            return;
        if (!key.IsDirectory)
            await records.DropAsync(key.Bucket, key.Key, status, cancellationToken).ConfigureAwait(false);
        await PruneAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The object is gone, whatever becomes of its directories.</summary>
    private async Task PruneAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            await PruneUpwardsAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException)
        {
            // A mount, or a directory that may not be changed.
        }
    }

    private async Task PruneUpwardsAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        for (CachePath above = key.Path.Parent; above != key.Bucket.Path && above.IsWithin(key.Bucket.Path); above = above.Parent)
        {
            string marker = PartName.OfPaths(above.RelativeTo(key.Bucket.Path)) + "/";
            if (await records.FindMarkerAsync(key.Bucket, marker, cancellationToken).ConfigureAwait(false) is not null
                || !await IsEmptyAsync(above, cancellationToken).ConfigureAwait(false)
                || !await TryDeleteAsync(above, WriteCondition.None, cancellationToken).ConfigureAwait(false))
                return;
        }
    }

    /// <summary>In object stores a directory is gone with its last file.</summary>
    private async ValueTask<bool> IsEmptyAsync(CachePath directory, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (FileStatus _ in files.ListAsync(directory, recursive: false, null, cancellationToken).ConfigureAwait(false))
                return false;
            return true;
        }
        catch (CacheException e) when (e.Error is CacheError.NotFound or CacheError.NotADirectory)
        {
            return false;
        }
    }

    private async Task<bool> TryDeleteAsync(CachePath path, WriteCondition condition, CancellationToken cancellationToken)
    {
        try
        {
            await (condition.IsNone ? files.DeleteAsync(path, recursive: false, cancellationToken) : files.DeleteFileAsync(path, condition, cancellationToken)).ConfigureAwait(false);
            return true;
        }
        catch (CacheException e) when (e.Error is CacheError.NotFound or CacheError.NotEmpty)
        {
            return false;
        }
        catch (CacheException e) when (e.Error is CacheError.InvalidArgument && files.Mounts.LeadsToMount(path))
        {
            return false;
        }
    }
}
