using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Listing;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>An upload that was begun.</summary>
internal sealed record BegunUpload(string Id, UploadRecord Upload);

/// <summary>What a page of ListMultipartUploads is asked for.</summary>
/// <param name="Prefix">What keys begin with.</param>
/// <param name="Delimiter">Keys are cut behind it, and told once; "": they are not.</param>
/// <param name="KeyMarker">Uploads of keys up to this one, which may be one that was cut, are not wanted; "": all are.</param>
/// <param name="IdMarker">Of that key those behind this id are; "": none.</param>
/// <param name="After">The page goes on in the order of ids, behind this one; null: by key, where that can be.</param>
/// <param name="Max">Uploads and cut keys on the page.</param>
internal sealed record UploadPageRequest(string Prefix, string Delimiter, string KeyMarker, string IdMarker, string? After, int Max)
{
    /// <summary>Stands in no id, so that it tells the markers of the two orders apart.</summary>
    private const char Mark = '~';

    /// <summary>By the two markers that clients hand back: those that <see cref="MarkerOf"/> made, or a key and an id.</summary>
    public static UploadPageRequest Of(string prefix, string delimiter, string keyMarker, string idMarker, int max) => idMarker.Split(Mark) switch
    {
        [_, var after] => new(prefix, delimiter, "", "", after, max),
        [_, var after, var id] => new(prefix, delimiter, keyMarker, id, after, max),
        _ => new(prefix, delimiter, keyMarker, idMarker, null, max),
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
/// so many records ends there, whatever it found. Who began so goes on so, however many there are by then; what their keys are cut to may stand on several of these pages.
/// </summary>
/// <param name="Uploads">In order.</param>
/// <param name="CommonPrefixes">What keys are cut to, in order.</param>
/// <param name="Next">Where the next page begins; null: there is none.</param>
internal sealed record UploadPage(IReadOnlyList<BegunUpload> Uploads, IReadOnlyCollection<string> CommonPrefixes, UploadMarker? Next)
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
        var found = new Gathered(page);
        UploadMarker? last = null;
        foreach (BegunUpload one in all.Where(found.Wants))
        {
            if (found.Count == page.Max)
                return found.ToPage(last);
            last = found.Add(one);
        }
        return found.ToPage(null);
    }

    /// <param name="window">In the order of their ids.</param>
    /// <param name="page">What is asked for.</param>
    /// <param name="end">Last id of the window, whether its record could be read or not; null: none is behind it.</param>
    private static UploadPage OfWindow(List<BegunUpload> window, UploadPageRequest page, string? end)
    {
        var found = new Gathered(page);
        foreach (BegunUpload one in window.Where(found.Wants))
        {
            found.Add(one);
            if (found.Count == page.Max && one != window[^1])
            {
                end = one.Id;
                break;
            }
        }
        return found.ToPage(end is null ? null : page.MarkerOf(end));
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

    /// <summary>What is on a page so far.</summary>
    private sealed class Gathered(UploadPageRequest page)
    {
        private readonly List<BegunUpload> _uploads = [];
        private readonly SortedSet<string> _prefixes = new(StringComparer.Ordinal);

        public int Count => _uploads.Count + _prefixes.Count;

        /// <summary>Whether it adds to the page. A prefix that the page before ended with was given there.</summary>
        public bool Wants(BegunUpload one) => page.Wants(one)
            && (CutOf(one) is not { } prefix || (string.CompareOrdinal(prefix, page.KeyMarker) > 0 && !_prefixes.Contains(prefix)));

        /// <summary>Where a page that is sorted by key would go on behind it.</summary>
        public UploadMarker Add(BegunUpload one)
        {
            if (CutOf(one) is { } prefix)
            {
                _prefixes.Add(prefix);
                return new UploadMarker(prefix, "");
            }
            _uploads.Add(one);
            return new UploadMarker(one.Upload.Key, one.Id);
        }

        public UploadPage ToPage(UploadMarker? next)
        {
            Sort(_uploads);
            return new UploadPage(_uploads, _prefixes, next);
        }

        private string? CutOf(BegunUpload one) => ListingPage.CommonPrefixOf(one.Upload.Key, page.Prefix, page.Delimiter);
    }
}
