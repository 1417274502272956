namespace Orleans.Cache.Nodes;

/// <summary>Brings a range of one version in order. For one reader at a time.</summary>
public interface IRangeReader : IAsyncDisposable
{
    /// <summary>Reads at least one byte, or returns 0 exactly after the last byte of the range.</summary>
    /// <exception cref="CacheException">Changed, NotFound, Unavailable, Overloaded, NodeUnreachable.</exception>
    ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken);
}
