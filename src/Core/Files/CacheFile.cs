using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Files;

/// <summary>One version of one file, open for reading. Immutable and safe for concurrent use; nothing to dispose.</summary>
public sealed class CacheFile(FileStatus status, INodeDirectory nodes)
{
    /// <summary>Bytes of a stripe: the run of pages that lives on one node. 256 MiB spreads a large model over all nodes and keeps small files whole.</summary>
    public const long StripeBytes = 256L * CacheLimits.MiB;

    /// <summary>How many parts of a file have an owner of their own: at least the first, which owns the file's status too.</summary>
    public static long StripesOf(FileRef file) => Math.Max(1, (file.Length + StripeBytes - 1) / StripeBytes);

    public FileStatus Status { get; } = status;

    /// <summary>Where what is read of it is counted; null: nowhere.</summary>
    internal MountUse? Use { get; init; }

    public FileRef Ref { get; } = status.RequireFile();

    /// <summary>
    /// Reads bytes at <paramref name="offset"/>; completes synchronously when they are in memory-speed storage.
    /// </summary>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Where they go.</param>
    /// <param name="expected">Bytes from offset on that will be read in order; steers read-ahead.</param>
    /// <param name="cancellationToken">Ends this reader's waiting, disturbs nobody else.</param>
    /// <returns>At least one byte; 0 at or after the end of the file.</returns>
    /// <exception cref="CacheException">Changed, NotFound, Unavailable, Overloaded.</exception>
    public ValueTask<int> ReadAsync(long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Ref.Length || destination.IsEmpty)
            return new(0);
        long stripe = offset / StripeBytes;
        long left = Math.Min(Ref.Length, (stripe + 1) * StripeBytes) - offset;
        if (destination.Length > left)
            destination = destination[..(int)left];
        ValueTask<int> read = OwnerOf(stripe).ReadAsync(Ref, offset, destination, Math.Max(expected, destination.Length), cancellationToken);
        return Use is null ? read : CountedAsync(read, Use);
    }

    /// <summary>
    /// Brings a range in order, at most to the end of its stripe, in one answer of the node that owns it. Null: <see cref="ReadAsync"/>
    /// reads it just as well.
    /// </summary>
    public IRangeReader? TryOpenRange(long offset, long length)
    {
        long stripe = offset / StripeBytes;
        length = Math.Min(length, (stripe + 1) * StripeBytes - offset);
        IRangeReader? range = OwnerOf(stripe).TryOpenRange(Ref, offset, length);
        Use?.BytesGiven.Add(range is null ? 0 : length);
        return range;
    }

    /// <summary>Lends the leading part of a range that is cached on this machine, at most to the end of its stripe; null: read it. Never waits.</summary>
    public BackingLease? TryLease(long offset, long length, long expected)
    {
        long stripe = offset / StripeBytes;
        BackingLease? lease = OwnerOf(stripe).TryLease(Ref, offset, Math.Min(length, (stripe + 1) * StripeBytes - offset), expected);
        Use?.BytesGiven.Add(lease?.Length ?? 0);
        return lease;
    }

    /// <summary>Shows a range that is cached in this machine's memory and lies within one stripe, for the kernel to copy it; false: read it. Never waits.</summary>
    public bool TryMap(long offset, int length, out MappedPages pages)
    {
        long stripe = offset / StripeBytes;
        pages = default;
        if (offset + length > (stripe + 1) * StripeBytes || !OwnerOf(stripe).TryMap(Ref, offset, length, out pages))
            return false;
        Use?.BytesGiven.Add(length);
        return true;
    }

    /// <summary>Waits for the page at <paramref name="offset"/> where it is on its way into this machine's cache; false where it is not.</summary>
    public ValueTask<bool> AwaitPageAsync(long offset, CancellationToken cancellationToken) =>
        OwnerOf(offset / StripeBytes).AwaitPageAsync(Ref, offset, cancellationToken);

    /// <summary>
    /// Brings the pages that a range touches into the cache of their owner, without reading them here. The range lies within the file
    /// and within one stripe.
    /// </summary>
    /// <inheritdoc cref="ICacheNode.LoadAsync"/>
    public ValueTask<LoadedPages> LoadAsync(long offset, long length, CancellationToken cancellationToken) =>
        OwnerOf(offset / StripeBytes).LoadAsync(Ref, offset, length, cancellationToken);

    private static ValueTask<int> CountedAsync(ValueTask<int> reading, MountUse use)
    {
        if (!reading.IsCompletedSuccessfully)
            return AwaitedAsync(reading, use);
        use.BytesGiven.Add(reading.Result);
        return new(reading.Result);

        static async ValueTask<int> AwaitedAsync(ValueTask<int> reading, MountUse use)
        {
            int read = await reading.ConfigureAwait(false);
            use.BytesGiven.Add(read);
            return read;
        }
    }

    private ICacheNode OwnerOf(long stripe) => nodes.OwnerOf(Ref.Identity, Ref.Key, stripe);
}
