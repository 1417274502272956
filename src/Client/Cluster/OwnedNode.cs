using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Client.Cluster;

/// <summary>
/// A process's own node in a cluster whose files have one place that answers for them: statuses of files that this node owns are asked there, whichever
/// way the question came in. All else is the node's own.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="owners">The files' places.</param>
public sealed class OwnedNode(ICacheNode node, IFileOwners owners) : ICacheNode
{
    public string Name => node.Name;

    public int PageSize => node.PageSize;

    /// <summary>
    /// What this node believes it may say: a writer is answered only when every node has forgotten what it believed. All else is asked of the file's place.
    /// </summary>
    public ValueTask<StatusAnswer> GetStatusAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken)
    {
        ValueTask<RecalledStatus?> recalled = node.RecallStatusAsync(path, cancellationToken);
        return recalled is { IsCompletedSuccessfully: true, Result: not null } ? node.GetStatusAsync(path, wish, cancellationToken) : AskOwnerAsync(path, wish, cancellationToken);
    }

    /// <summary>
    /// The file's place asks as everybody does; where what it believes came from a listing, this node asks for the rest. While the cluster leaves this process out, or this process
    /// the cluster, the place is nowhere; the node knows as much.
    /// </summary>
    private async ValueTask<StatusAnswer> AskOwnerAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken)
    {
        try
        {
            if (await owners.AskOwnerAsync(Name, path, cancellationToken).ConfigureAwait(false) is { } answer && ((wish & StatusWish.Described) == 0 || answer.Status is not { Attributes: null }))
                return answer;
        }
        catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
        {
            // See above.
        }
        return await node.GetStatusAsync(path, wish, cancellationToken).ConfigureAwait(false);
    }

    public IAsyncEnumerable<FileStatus> ListAsync(CachePath directory, string? startAfter, CancellationToken cancellationToken) =>
        node.ListAsync(directory, startAfter, cancellationToken);

    public ValueTask<int> ReadAsync(FileRef file, long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken) =>
        node.ReadAsync(file, offset, destination, expected, cancellationToken);

    public IRangeReader? TryOpenRange(FileRef file, long offset, long length) => node.TryOpenRange(file, offset, length);

    public BackingLease? TryLease(FileRef file, long offset, long length, long expected) => node.TryLease(file, offset, length, expected);

    public bool TryMap(FileRef file, long offset, int length, out MappedPages pages) => node.TryMap(file, offset, length, out pages);

    public ValueTask<bool> AwaitPageAsync(FileRef file, long offset, CancellationToken cancellationToken) => node.AwaitPageAsync(file, offset, cancellationToken);

    public ValueTask<LoadedPages> LoadAsync(FileRef file, long offset, long length, CancellationToken cancellationToken) =>
        node.LoadAsync(file, offset, length, cancellationToken);

    public ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken) => node.GetCachedBytesAsync(file, cancellationToken);

    public ValueTask<PageMap> DescribePagesAsync(FileRef file, int maxRuns, CancellationToken cancellationToken) =>
        node.DescribePagesAsync(file, maxRuns, cancellationToken);

    public ValueTask<RecalledStatus?> RecallStatusAsync(CachePath path, CancellationToken cancellationToken) => node.RecallStatusAsync(path, cancellationToken);

    public Task<DroppedPages> CountCachedAsync(CachePath path, bool recursive, CancellationToken cancellationToken) =>
        node.CountCachedAsync(path, recursive, cancellationToken);

    public Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken) => node.FreeAsync(path, recursive, cancellationToken);

    public Task InvalidateAsync(CachePath path, bool recursive) => node.InvalidateAsync(path, recursive);

    public Task DropAsync(FileRef file) => node.DropAsync(file);
}
