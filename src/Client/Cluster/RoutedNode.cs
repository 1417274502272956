using System.Runtime.CompilerServices;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Ring;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Client.Cluster;

/// <summary>
/// The cluster as one node: each call goes to the owner of its key; where that cannot be reached, to the next, and at last to
/// <paramref name="last"/>. A read that was under way goes on at its offset, of the same version.
/// </summary>
/// <param name="cluster">The ring now.</param>
/// <param name="mounts">The mount table now: it turns paths into keys.</param>
/// <param name="last">Serves when no owner answers: the process's own node; in a client, the under storages.</param>
internal sealed class RoutedNode(Func<ClusterNodes> cluster, Func<MountTable> mounts, ICacheNode last) : ICacheNode
{
    /// <summary>
    /// Asked when the owners have been tried, with their number: true where they should be tried once more before
    /// <c>last</c>, for something has changed. Null: never.
    /// </summary>
    public Func<int, CancellationToken, ValueTask<bool>>? TryAgain { get; init; }

    /// <summary>Told of each node that a call left for another.</summary>
    public Action<ICacheNode>? PassedOver { get; init; }

    /// <summary>Counts the hops; null in a client, to which every node is another.</summary>
    public CacheCounters? Counters { get; init; }

    public string Name => last.Name;

    public int PageSize => last.PageSize;

    public ValueTask<StatusAnswer> GetStatusAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken) =>
        AskAsync(KeyOf(path), replicas: 1, async node =>
        {
            StatusAnswer answer = await node.GetStatusAsync(path, wish, cancellationToken).ConfigureAwait(false);
            if (node != last)
                Counters?.ForwardedStatuses.Increment();
            return answer;
        }, cancellationToken);

    /// <summary>A listing that breaks off goes on after the last entry it brought.</summary>
    public async IAsyncEnumerable<FileStatus> ListAsync(
        CachePath directory, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ICacheNode node in CandidatesAsync(KeyOf(directory), replicas: 1, cancellationToken).ConfigureAwait(false))
        {
            bool brokeOff = false;
            IAsyncEnumerator<FileStatus> entries = node.ListAsync(directory, startAfter, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (entries.ConfigureAwait(false))
            {
                while (true)
                {
                    try
                    {
                        if (!await entries.MoveNextAsync().ConfigureAwait(false))
                            break;
                    }
                    catch (CacheException e) when (IsPassedOver(e, node))
                    {
                        PassedOver?.Invoke(node);
                        brokeOff = true;
                        break;
                    }
                    startAfter = entries.Current.Path.Name;
                    yield return entries.Current;
                }
            }
            if (!brokeOff)
                yield break;
        }
    }

    public ValueTask<int> ReadAsync(FileRef file, long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken) =>
        IsOurs(file, offset)
            ? last.ReadAsync(file, offset, destination, expected, cancellationToken)
            : AskAsync(KeyOf(file, offset), ReplicasOf(file), async node =>
            {
                int read = await node.ReadAsync(file, offset, destination, expected, cancellationToken).ConfigureAwait(false);
                CountRead(node, read, isNew: true);
                return read;
            }, cancellationToken);

    public IRangeReader? TryOpenRange(FileRef file, long offset, long length) =>
        IsOurs(file, offset) ? last.TryOpenRange(file, offset, length) : new RoutedRangeReader(this, file, offset, length);

    public BackingLease? TryLease(FileRef file, long offset, long length, long expected) =>
        IsOurs(file, offset) ? last.TryLease(file, offset, length, expected) : null;

    public bool TryMap(FileRef file, long offset, int length, out MappedPages pages)
    {
        pages = default;
        return IsOurs(file, offset) && last.TryMap(file, offset, length, out pages);
    }

    public ValueTask<bool> AwaitPageAsync(FileRef file, long offset, CancellationToken cancellationToken) =>
        IsOurs(file, offset) ? last.AwaitPageAsync(file, offset, cancellationToken) : new(false);

    public ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken) =>
        AskAsync(KeyOf(file, 0), ReplicasOf(file), node => node.GetCachedBytesAsync(file, cancellationToken), cancellationToken);

    public ValueTask<LoadedPages> LoadAsync(FileRef file, long offset, long length, CancellationToken cancellationToken) =>
        AskAsync(KeyOf(file, offset), ReplicasOf(file), node => node.LoadAsync(file, offset, length, cancellationToken), cancellationToken);

    public ValueTask<PageMap> DescribePagesAsync(FileRef file, int maxRuns, CancellationToken cancellationToken) =>
        AskAsync(KeyOf(file, 0), ReplicasOf(file), node => node.DescribePagesAsync(file, maxRuns, cancellationToken), cancellationToken);

    public ValueTask<RecalledStatus?> RecallStatusAsync(CachePath path, CancellationToken cancellationToken) =>
        AskAsync(KeyOf(path), replicas: 1, node => node.RecallStatusAsync(path, cancellationToken), cancellationToken);

    public Task<DroppedPages> CountCachedAsync(CachePath path, bool recursive, CancellationToken cancellationToken) =>
        last.CountCachedAsync(path, recursive, cancellationToken);

    public Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken) => last.FreeAsync(path, recursive, cancellationToken);

    public Task InvalidateAsync(CachePath path, bool recursive) => last.InvalidateAsync(path, recursive);

    public Task DropAsync(FileRef file) => last.DropAsync(file);

    /// <summary>Who is asked for pages of a stripe now.</summary>
    internal ICacheNode KeeperOf(UfsIdentity identity, string key, long stripe) =>
        cluster().ActingKeeper(RingKey.Of(identity, key, stripe), mounts().ReplicasOf(identity)) ?? last;

    /// <summary>Pages only: statuses have one owner, so that one reader after another is told the same.</summary>
    private int ReplicasOf(FileRef file) => mounts().ReplicasOf(file.Identity);

    /// <summary>Whether pages come from <c>last</c> itself: where the process is a node that keeps a replica.</summary>
    private bool IsOurs(FileRef file, long offset) => cluster().ActingKeeper(KeyOf(file, offset), ReplicasOf(file)) == last;

    private static RingKey KeyOf(FileRef file, long offset) => RingKey.Of(file.Identity, file.Key, offset / Files.CacheFile.StripeBytes);

    private RingKey KeyOf(CachePath path) =>
        mounts().TryResolve(path, out MountedKey at) ? RingKey.OfFile(at.Mount.Storage.Identity, at.Key) : default;

    /// <summary>Those that may serve a part of a file, best first.</summary>
    internal IAsyncEnumerable<ICacheNode> CandidatesAsync(FileRef file, long offset, CancellationToken cancellationToken) =>
        CandidatesAsync(KeyOf(file, offset), ReplicasOf(file), cancellationToken);

    /// <summary>Those that may serve a key, as the ring orders them, then the last resort, which is not asked twice.</summary>
    private async IAsyncEnumerable<ICacheNode> CandidatesAsync(RingKey key, int replicas, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool wasLast = false;
        int tried = 0;
        foreach (ICacheNode node in cluster().Keepers(key, replicas))
        {
            wasLast |= node == last;
            tried++;
            yield return node;
        }
        if (TryAgain is not null && await TryAgain(tried, cancellationToken).ConfigureAwait(false))
        {
            foreach (ICacheNode node in cluster().Keepers(key, replicas))
                yield return node;
        }
        if (!wasLast)
            yield return last;
    }

    private async ValueTask<T> AskAsync<T>(RingKey key, int replicas, Func<ICacheNode, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        await foreach (ICacheNode node in CandidatesAsync(key, replicas, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                return await ask(node).ConfigureAwait(false);
            }
            catch (CacheException e) when (IsPassedOver(e, node))
            {
                PassedOver?.Invoke(node);
            }
        }
        throw NoneLeft();
    }

    /// <summary>Counts bytes that came from a node, and with <paramref name="isNew"/> the read that they begin.</summary>
    internal void CountRead(ICacheNode node, int bytes, bool isNew)
    {
        if (node == last || Counters is null)
            return;
        Counters.ForwardedBytes.Add(bytes);
        if (isNew)
            Counters.ForwardedReads.Increment();
    }

    internal bool IsPassedOver(CacheException failure, ICacheNode node) => failure.Error == CacheError.NodeUnreachable && node != last;

    internal static CacheException NoneLeft() => new(CacheError.NodeUnreachable, "No node of the cluster answers; see 'ocache cluster'.");
}
