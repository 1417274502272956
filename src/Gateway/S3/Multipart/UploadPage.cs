using Orleans.Cache.Gateway.S3.Buckets;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>An upload that was begun.</summary>
internal sealed record BegunUpload(string Id, UploadRecord Upload);

/// <summary>What a page of ListMultipartUploads is asked for.</summary>
/// <param name="Prefix">What keys begin with.</param>
/// <param name="KeyMarker">Uploads of keys up to this one are not wanted; "": all are.</param>
/// <param name="IdMarker">Of that key those behind this id are; "": none.</param>
/// <param name="After">The page goes on in the order of ids, behind this one; null: by key, where that can be.</param>
/// <param name="Max">Uploads on the page.</param>
internal sealed record UploadPageRequest(string Prefix, string KeyMarker, string IdMarker, string? After, int Max)
{
    /// <summary>Stands in no id, so that it tells the markers of the two orders apart.</summary>
    private const char Mark = '~';

    /// <summary>By the two markers that clients hand back: those that <see cref="MarkerOf"/> made, or a key and an id.</summary>
    public static UploadPageRequest Of(string prefix, string keyMarker, string idMarker, int max) => idMarker.Split(Mark) switch
    {
        [_, var after] => new(prefix, "", "", after, max),
        [_, var after, var id] => new(prefix, keyMarker, id, after, max),
        _ => new(prefix, keyMarker, idMarker, null, max),
    };

    /// <summary>
    /// Where the next page begins in the order of ids. Besides the id it carries what the first page was asked for, and never the key of another upload: that
    /// would leave out all that stand before it.
    /// </summary>
    public UploadMarker MarkerOf(string id) => KeyMarker.Length == 0 ? new(Prefix, $"{Mark}{id}") : new(KeyMarker, $"{Mark}{id}{Mark}{IdMarker}");

    public bool Wants(BegunUpload one) => one.Upload.Key.StartsWith(Prefix, StringComparison.Ordinal) && string.CompareOrdinal(one.Upload.Key, KeyMarker) switch
    {
        > 0 => true,
        0 => IdMarker.Length > 0 && string.CompareOrdinal(one.Id, IdMarker) > 0,
        _ => false,
    };
}

/// <summary>Where a page of ListMultipartUploads begins, as it is told.</summary>
internal readonly record struct UploadMarker(string Key, string Id);

/// <summary>
/// A page of the uploads of a bucket, in the order of their keys. Their directory is ordered by id, so that all records must be read to know which key is first:
/// that is done as long as they are <see cref="S3Limits.MaxListedUploads"/> at most. Of more, the pages follow the ids, each sorted by key, and one that looked at
/// so many records ends there, whatever it found. Who began so goes on so, however many there are by then.
/// </summary>
/// <param name="Uploads">In order.</param>
/// <param name="Next">Where the next page begins; null: there is none.</param>
internal sealed record UploadPage(IReadOnlyList<BegunUpload> Uploads, UploadMarker? Next)
{
    public static async Task<UploadPage> ReadAsync(UploadStore uploads, BucketRoot bucket, UploadPageRequest page, CancellationToken cancellationToken)
    {
        const int Most = S3Limits.MaxListedUploads;
        List<string> ids = await uploads.ListIdsAsync(bucket, page.After, Most + 1, cancellationToken).ConfigureAwait(false);
        bool isLast = ids.Count <= Most;
        if (!isLast)
            ids.RemoveAt(Most);
        List<BegunUpload> read = await ReadAsync(uploads, bucket, ids, cancellationToken).ConfigureAwait(false);
        return isLast && page.After is null ? OfAll(read, page) : OfWindow(read, page, isLast ? null : ids[^1]);
    }

    private static UploadPage OfAll(List<BegunUpload> all, UploadPageRequest page)
    {
        Sort(all);
        List<BegunUpload> wanted = [.. all.Where(page.Wants).Take(page.Max + 1)];
        if (wanted.Count <= page.Max)
            return new(wanted, null);
        wanted.RemoveAt(page.Max);
        return new(wanted, new UploadMarker(wanted[^1].Upload.Key, wanted[^1].Id));
    }

    /// <param name="window">In the order of their ids.</param>
    /// <param name="page">What is asked for.</param>
    /// <param name="end">Last id of the window, whether its record could be read or not; null: none is behind it.</param>
    private static UploadPage OfWindow(List<BegunUpload> window, UploadPageRequest page, string? end)
    {
        var found = new List<BegunUpload>();
        foreach (BegunUpload one in window)
        {
            if (!page.Wants(one))
                continue;
            found.Add(one);
            if (found.Count == page.Max && one != window[^1])
            {
                end = one.Id;
                break;
            }
        }
        Sort(found);
        return new(found, end is null ? null : page.MarkerOf(end));
    }

    private static void Sort(List<BegunUpload> uploads) =>
        uploads.Sort(static (a, b) => string.CompareOrdinal(a.Upload.Key, b.Upload.Key) is not 0 and var byKey ? byKey : string.CompareOrdinal(a.Id, b.Id));

    private static async Task<List<BegunUpload>> ReadAsync(UploadStore uploads, BucketRoot bucket, List<string> ids, CancellationToken cancellationToken)
    {
        var read = new BegunUpload?[ids.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = S3Limits.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, ids.Count, options, async (i, token) =>
        {
            if (await uploads.TryReadAsync(bucket, ids[i], token).ConfigureAwait(false) is { } upload)
                read[i] = new BegunUpload(ids[i], upload);
        }).ConfigureAwait(false);
        return [.. read.OfType<BegunUpload>()];
    }
}
