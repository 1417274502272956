using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;

namespace Orleans.Cache.Client.Cluster;

/// <summary>A range that goes on at the next candidate, at its offset and of the same version, when the node that sends it is lost.</summary>
/// <param name="route">Says whether a failure of a node is a reason to ask the next.</param>
/// <param name="file">The version.</param>
/// <param name="offset">First byte.</param>
/// <param name="length">Bytes of the range.</param>
internal sealed class RoutedRangeReader(
    RoutedNode route, FileRef file, long offset, long length) : IRangeReader
{
    private readonly long _end = offset + length;
    private long _offset = offset;
    private IAsyncEnumerator<ICacheNode>? _candidates;
    private IRangeReader? _reader;
    private bool _isCounted;

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (_offset == _end)
            return 0;
        if (_candidates is null)
        {
            // The token of the first read is the one that counts: one reader, one caller.
            _candidates = route.CandidatesAsync(file, _offset, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await NextAsync().ConfigureAwait(false);
        }
        while (true)
        {
            try
            {
                int read = _reader is null
                    ? await _candidates.Current.ReadAsync(file, _offset, Cut(destination), _end - _offset, cancellationToken).ConfigureAwait(false)
                    : await _reader.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
                route.CountRead(_candidates.Current, read, isNew: !_isCounted);
                _isCounted = true;
                _offset += read;
                return read;
            }
            catch (CacheException e) when (route.IsPassedOver(e, _candidates.Current))
            {
                route.PassedOver?.Invoke(_candidates.Current);
                await NextAsync().ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_candidates is not null)
            await _candidates.DisposeAsync().ConfigureAwait(false);
        if (_reader is not null)
            await _reader.DisposeAsync().ConfigureAwait(false);
    }

    private Memory<byte> Cut(Memory<byte> destination) => destination.Length > _end - _offset ? destination[..(int)(_end - _offset)] : destination;

    private async ValueTask NextAsync()
    {
        _isCounted = false;
        if (_reader is not null)
            await _reader.DisposeAsync().ConfigureAwait(false);
        _reader = await _candidates!.MoveNextAsync().ConfigureAwait(false) ? _candidates.Current.TryOpenRange(file, _offset, _end - _offset) : throw RoutedNode.NoneLeft();
    }
}
