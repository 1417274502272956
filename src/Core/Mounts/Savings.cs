using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Mounts;

/// <summary>What a store takes, in any currency.</summary>
/// <param name="Get">For 1,000 GET or HEAD requests.</param>
/// <param name="List">For 1,000 LIST requests.</param>
/// <param name="Egress">For a GiB that leaves it.</param>
public sealed record StorePrices(decimal Get, decimal List, decimal Egress)
{
    /// <summary>
    /// Amazon S3 Standard in us-east-1, in US dollars, read within the region, where bytes cost nothing (aws.amazon.com/s3/pricing, 2025). To the internet a GiB
    /// is about 0.09.
    /// </summary>
    public static StorePrices Default { get; } = new(0.0004m, 0.005m, 0);
}

/// <summary>
/// What a mount's store was not asked for: what clients would have asked of it themselves, less what was sent. Never below zero: a cache that read ahead in vain
/// has saved nothing.
/// </summary>
/// <param name="Gets">GET and HEAD requests.</param>
/// <param name="Lists">LIST requests.</param>
/// <param name="Bytes">Bytes that did not leave the store.</param>
/// <param name="Money">What all of that would have cost.</param>
public readonly record struct Savings(long Gets, long Lists, long Bytes, decimal Money)
{
    public long Requests => Gets + Lists;

    public static Savings operator +(Savings a, Savings b) => new(a.Gets + b.Gets, a.Lists + b.Lists, a.Bytes + b.Bytes, a.Money + b.Money);

    /// <summary>Of a mount; nothing where its under storage bills nobody.</summary>
    public static Savings Of(Mount mount, StorePrices prices)
    {
        if (mount is not { Use: { } use, Storage.Traffic: { } sent })
            return default;
        long gets = Math.Max(0, use.Opens.Value - sent.Requests(UfsOperation.Get).Value - sent.Requests(UfsOperation.Head).Value);
        long lists = Math.Max(0, use.Listings.Value - sent.Requests(UfsOperation.List).Value);
        long bytes = Math.Max(0, use.BytesGiven.Value - use.BytesFetched.Value);
        return new(gets, lists, bytes, (((gets * prices.Get) + (lists * prices.List)) / 1000) + (bytes * prices.Egress / CacheLimits.GiB));
    }
}
