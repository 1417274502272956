using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Client.Cluster;

/// <summary>
/// Asks, before the under storage, the node that owned a key while this one was not there: the next owner, which has what was read
/// meanwhile, or before this node joined. Only for <see cref="Memory"/> after the start, and only for what that node has in its
/// store, so nobody asks in a circle and nothing is published that its own rules would not publish.
/// </summary>
internal sealed class NeighbourFillSource(IFillSource ufs, Func<ClusterNodes> cluster, string self, TimeProvider time) : IFillSource
{
    /// <summary>Within an hour a training job has read what it reads; later the question would be a round trip for nothing.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly long _startedAt = time.GetTimestamp();

    public async ValueTask<IUfsReader> OpenAsync(FileRef file, long offset, long length, CancellationToken cancellationToken)
    {
        RingKey key = RingKey.Of(file.Identity, file.Key, offset / Files.CacheFile.StripeBytes);
        if (time.GetElapsedTime(_startedAt) < Memory && Previous(key) is { } previous)
        {
            var range = new HttpRangeReader(previous, file, offset, length) { CachedOnly = true };
            try
            {
                await range.OpenNowAsync(cancellationToken).ConfigureAwait(false);
                return new PeerReader(range, new Rest(ufs, file, offset, length));
            }
            catch (CacheException)
            {
                // It does not have all of the range, or does not answer.
                await range.DisposeAsync().ConfigureAwait(false);
            }
        }
        return await ufs.OpenAsync(file, offset, length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The node after this one in the order of a key's owners, where this one acts for it.</summary>
    private HttpNode? Previous(RingKey key)
    {
        using IEnumerator<ICacheNode> owners = cluster().Owners(key).GetEnumerator();
        return owners.MoveNext() && owners.Current.Name == self && owners.MoveNext() ? owners.Current as HttpNode : null;
    }

    /// <summary>What is left of a range when a neighbour is lost in the middle of it.</summary>
    private sealed record Rest(IFillSource Ufs, FileRef File, long Offset, long Length)
    {
        public ValueTask<IUfsReader> OpenAsync(long read, CancellationToken cancellationToken) =>
            Ufs.OpenAsync(File, Offset + read, Length - read, cancellationToken);
    }

    private sealed class PeerReader(HttpRangeReader range, Rest rest) : IUfsReader
    {
        private IUfsReader? _ufs;
        private long _read;

        public bool MayPublish => _ufs?.MayPublish ?? true;

        public bool IsFromNeighbour => _ufs is null;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            if (_ufs is null)
            {
                try
                {
                    int read = await range.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
                    _read += read;
                    return read;
                }
                catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
                {
                    _ufs = await rest.OpenAsync(_read, cancellationToken).ConfigureAwait(false);
                }
            }
            return await _ufs.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
        }

        public async ValueTask DisposeAsync()
        {
            await range.DisposeAsync().ConfigureAwait(false);
            if (_ufs is not null)
                await _ufs.DisposeAsync().ConfigureAwait(false);
        }
    }
}
