using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Client.Cluster;

/// <summary>
/// Asks, before the under storage, the nodes whose stores may have a page: the key's other replicas; and for <see cref="Memory"/> after
/// the start the next owner, which has what was read before this node joined, or while it was away. Only for what those have in
/// their stores, so nobody asks in a circle and nothing is published that their own rules would not publish.
/// </summary>
internal sealed class NeighbourFillSource(IFillSource ufs, Func<ClusterNodes> cluster, Func<MountTable> mounts, TimeProvider time) : IFillSource
{
    /// <summary>Within an hour a training job has read what it reads; later the question would be a round trip for nothing.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly long _startedAt = time.GetTimestamp();

    public async ValueTask<IUfsReader> OpenAsync(FileRef file, long offset, long length, CancellationToken cancellationToken)
    {
        RingKey key = RingKey.Of(file.Identity, file.Key, offset / Files.CacheFile.StripeBytes);
        foreach (HttpNode neighbour in Neighbours(key, mounts().ReplicasOf(file.Identity)))
        {
            var range = new HttpRangeReader(neighbour, file, offset, length) { CachedOnly = true };
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

    /// <summary>Only of keys of its own that no other node is asked for.</summary>
    public bool ReadsUnderStorage(UfsIdentity identity, string key)
    {
        RingKey ring = RingKey.OfFile(identity, key);
        int replicas = mounts().ReplicasOf(identity);
        return cluster().ActingKeeper(ring, replicas) is { } keeper && keeper.Name == cluster().Reader && Neighbours(ring, replicas).Length == 0;
    }

    /// <summary>Nobody, where this node keeps the key for others that are down or see the ring differently: it has no reason to keep it longer.</summary>
    private HttpNode[] Neighbours(RingKey key, int replicas)
    {
        bool isYoung = time.GetElapsedTime(_startedAt) < Memory;
        if (replicas == 1 && !isYoung)
            return [];
        ClusterNodes now = cluster();
        ICacheNode[] keepers = now.Replicas(key, replicas);
        if (keepers.Length == 0)
            keepers = [.. now.Owners(key).Take(1)];
        if (!keepers.Any(n => n.Name == now.Reader))
            return [];
        IEnumerable<ICacheNode> next = isYoung ? now.Owners(key).Where(n => !keepers.Contains(n)).Take(1) : [];
        return [.. keepers.Concat(next).OfType<HttpNode>()];
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
