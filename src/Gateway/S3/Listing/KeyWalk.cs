using System.Runtime.CompilerServices;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Listing;

/// <summary>One key of a walk.</summary>
/// <param name="Key">The key; of a directory with its slash.</param>
/// <param name="Status">What is there.</param>
/// <param name="MayHaveRecord">False: it has no record, for sure.</param>
internal readonly record struct WalkedKey(string Key, FileStatus Status, bool MayHaveRecord);

/// <summary>
/// Walks a bucket in the order of keys. Memory: a listing per level, and of names of records at most
/// <see cref="S3Limits.MaxHeldNames"/> in all levels together. Where it does not descend it gives directories instead of what they hold; where it does,
/// it gives those directories that were written as objects.
/// </summary>
internal sealed class KeyWalk(CacheFileSystem files, RecordStore records, BucketRoot bucket)
{
    /// <summary>Names of records in the levels that are open.</summary>
    private int _held;

    /// <param name="prefix">What keys must begin with.</param>
    /// <param name="after">The last key that is not wanted; null: all are.</param>
    /// <param name="descends">Into directories behind the prefix.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    public async IAsyncEnumerable<WalkedKey> RunAsync(string prefix, string? after, bool descends, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int slash = prefix.LastIndexOf('/') + 1;
        string top = prefix[..slash];
        if (!TryTop(top, out CachePath directory) || !TryWithin(top, after, out string? afterTop))
            yield break;
        bool hasRecords = await records.IsThereAsync(bucket.Records, cancellationToken).ConfigureAwait(false);
        bool hasMarkers = await records.IsThereAsync(bucket.Markers, cancellationToken).ConfigureAwait(false);
        var levels = new Stack<DirectoryLevel>();
        try
        {
            if (hasMarkers && slash == prefix.Length && slash > 0 && afterTop is null && await MarkedAsync(top, cancellationToken).ConfigureAwait(false) is { } own)
                yield return own;
            levels.Push(await OpenAsync(directory, top, prefix[slash..], afterTop, hasRecords, cancellationToken).ConfigureAwait(false));
            while (levels.TryPeek(out DirectoryLevel? level))
            {
                if (await AdvanceAsync(level).ConfigureAwait(false) is not { } entry)
                {
                    _held -= level.RecordNames?.Count ?? 0;
                    await levels.Pop().DisposeAsync().ConfigureAwait(false);
                    continue;
                }
                string name = PartName.OfPath(entry.Path.Name), key = level.Prefix + name;
                if (!entry.IsDirectory)
                {
                    yield return new(key, entry, hasRecords && MayHaveRecord(level, key, entry));
                    continue;
                }
                key += '/';
                string? within = level.AfterWithin(name);
                if (!descends)
                {
                    // Behind a key of it, or behind itself, it was given already.
                    if (within is null)
                        yield return new(key, entry, MayHaveRecord: false);
                    continue;
                }
                if (hasMarkers && within is null && await MarkedAsync(key, cancellationToken).ConfigureAwait(false) is { } marked)
                    yield return marked;
                levels.Push(await OpenAsync(entry.Path, key, "", within, hasRecords, cancellationToken).ConfigureAwait(false));
            }
        }
        finally
        {
            while (levels.TryPop(out DirectoryLevel? level))
                await level.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<DirectoryLevel> OpenAsync(
        CachePath directory, string prefix, string namePrefix, string? after, bool hasRecords, CancellationToken cancellationToken)
    {
        HashSet<UInt128>? names = hasRecords ? await records.NamesAsync(bucket, prefix, S3Limits.MaxHeldNames - _held, cancellationToken).ConfigureAwait(false) : null;
        _held += names?.Count ?? 0;
        return new(files, directory, namePrefix, after is "" ? null : after, cancellationToken) { Prefix = prefix, RecordNames = names };
    }

    private static bool MayHaveRecord(DirectoryLevel level, string key, FileStatus entry) =>
        level.RecordNames is null || !RecordNames.TryNumber(RecordNames.NameOf(key, entry), out UInt128 name) || level.RecordNames.Contains(name);

    private async ValueTask<WalkedKey?> MarkedAsync(string key, CancellationToken cancellationToken)
    {
        if (!ObjectKey.TryMap(bucket, key, out ObjectKey mapped) || await records.FindMarkerAsync(bucket, key, cancellationToken).ConfigureAwait(false) is null)
            return null;
        FileStatus? status = (await files.TryGetStatusAsync(mapped.Path, cancellationToken).ConfigureAwait(false)).Status;
        return status is { IsDirectory: true } ? new WalkedKey(key, status, MayHaveRecord: false) : null;
    }

    private bool TryTop(string top, out CachePath directory)
    {
        directory = bucket.Path;
        if (top.Length == 0)
            return true;
        // A prefix may be longer than any key.
        if (top.Length > S3Limits.MaxKeyBytes || !ObjectKey.TryMap(bucket, top, out ObjectKey mapped))
            return false;
        directory = mapped.Path;
        return true;
    }

    /// <summary>Where in the directory to begin: false where all of it comes before.</summary>
    private static bool TryWithin(string top, string? after, out string? within)
    {
        within = null;
        if (after is null || string.CompareOrdinal(after, top) < 0)
            return true;
        if (!after.StartsWith(top, StringComparison.Ordinal))
            return false;
        within = after[top.Length..];
        return true;
    }

    /// <summary>A prefix that is no directory has no keys; a directory that vanished meanwhile neither.</summary>
    private static async ValueTask<FileStatus?> AdvanceAsync(DirectoryLevel level)
    {
        try
        {
            return await level.NextAsync().ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error is CacheError.NotFound or CacheError.NotADirectory)
        {
            return null;
        }
    }
}
