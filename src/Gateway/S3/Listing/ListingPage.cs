using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Listing;

/// <summary>What a page of a listing is asked for.</summary>
/// <param name="Prefix">What keys begin with.</param>
/// <param name="Delimiter">Keys are cut behind it; "" for whole keys.</param>
/// <param name="After">The last key or common prefix that was given; null: from the first.</param>
/// <param name="MaxKeys">Keys and common prefixes together.</param>
internal sealed record PageRequest(string Prefix, string Delimiter, string? After, int MaxKeys);

/// <summary>A page of a listing.</summary>
/// <param name="Objects">Keys, in order.</param>
/// <param name="CommonPrefixes">What keys have in common up to the delimiter, in order.</param>
/// <param name="Next">Where the next page begins; null: there is none.</param>
internal sealed record ListingPage(IReadOnlyList<FoundObject> Objects, IReadOnlyList<string> CommonPrefixes, string? Next)
{
    private const string Slash = "/";

    /// <summary>Walks until the page is full and one more is there.</summary>
    public static async Task<ListingPage> ReadAsync(CacheFileSystem files, RecordStore records, BucketRoot bucket, PageRequest page, CancellationToken cancellationToken)
    {
        var found = new List<WalkedKey>(Math.Min(page.MaxKeys, 256));
        var prefixes = new List<string>();
        string? last = null, next = null;
        var walk = new KeyWalk(files, records, bucket);
        // A slash is what directories end with: what lies in them need not be looked at.
        bool descends = page.Delimiter != Slash;
        await foreach (WalkedKey walked in walk.RunAsync(page.Prefix, page.After, descends, cancellationToken).ConfigureAwait(false))
        {
            string? common = CommonPrefixOf(walked.Key, page.Prefix, page.Delimiter);
            // Keys of one prefix stand together; the one that the page before ended with was given there.
            if (common is not null && (common == last || string.CompareOrdinal(common, page.After) <= 0))
                continue;
            if (found.Count + prefixes.Count == page.MaxKeys)
            {
                next = page.MaxKeys == 0 ? null : last;
                break;
            }
            last = common ?? walked.Key;
            if (common is null)
                found.Add(walked);
            else
                prefixes.Add(common);
        }
        return new ListingPage(await DescribeAsync(files, records, bucket, found, cancellationToken).ConfigureAwait(false), prefixes, next);
    }

    /// <summary>What a key that begins with the prefix is cut to; null: it is not cut.</summary>
    public static string? CommonPrefixOf(string key, string prefix, string delimiter)
    {
        if (delimiter.Length == 0)
            return null;
        int at = key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
        return at < 0 ? null : key[..(at + delimiter.Length)];
    }

    /// <summary>Tags are the same as HEAD tells. Records that are not remembered are read several at a time.</summary>
    private static async Task<IReadOnlyList<FoundObject>> DescribeAsync(
        CacheFileSystem files, RecordStore records, BucketRoot bucket, List<WalkedKey> walked, CancellationToken cancellationToken)
    {
        var described = new FoundObject[walked.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = S3Limits.Parallelism, CancellationToken = cancellationToken };
        var asked = new List<int>();
        for (int i = 0; i < walked.Count; i++)
        {
            if (walked[i].MayHaveRecord || walked[i].Status.IsDirectory)
                asked.Add(i);
            else
                described[i] = Plain(records, KeyOf(bucket, walked[i]), walked[i].Status);
        }
        await Parallel.ForAsync(0, asked.Count, options, async (n, token) =>
        {
            WalkedKey one = walked[asked[n]];
            described[asked[n]] = await FoundObject.OfAsync(files, records, KeyOf(bucket, one), one.Status, token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return described;
    }

    private static FoundObject Plain(RecordStore records, ObjectKey key, FileStatus status)
    {
        StatusFacts facts = records.FactsOf(key.Bucket, key.Key, status);
        return new(key, status, ObjectRecord.Empty, facts.ETag) { Facts = facts };
    }

    private static ObjectKey KeyOf(BucketRoot bucket, in WalkedKey walked) => new(bucket, walked.Key, walked.Status.Path, walked.Status.IsDirectory);
}
