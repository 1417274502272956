using System.Net.Http.Headers;
using Orleans.Cache.Identity;
using Orleans.Cache.Nodes;

namespace Orleans.Cache.Client.Nodes;

/// <summary>
/// A range of one version as one response of its node, asked for at the first read. The token of the first read is the one that
/// counts: one reader, one caller.
/// </summary>
internal sealed class HttpRangeReader(HttpNode node, FileRef file, long offset, long length) : IRangeReader
{
    private StallWatch? _watch;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _read;

    /// <summary>Only what the node's store holds: NotFound otherwise, at once.</summary>
    public bool CachedOnly { get; init; }

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (_read == length || destination.IsEmpty)
            return 0;
        _body ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
        int read;
        try
        {
            read = await _body.ReadAsync(destination[..(int)Math.Min(destination.Length, length - _read)], _watch!.Token).ConfigureAwait(false);
            if (read == 0)
                throw new HttpRequestException($"The answer ended {length - _read} bytes short.");
        }
        catch (Exception e) when (HttpNode.IsTransport(e))
        {
            throw _watch!.Translate(e, node.Name);
        }
        _watch.Progressed();
        _read += read;
        return read;
    }

    /// <summary>Opens the answer, so that errors that come instead of it are known before anything is read.</summary>
    public async ValueTask OpenNowAsync(CancellationToken cancellationToken) => _body ??= await OpenAsync(cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync()
    {
        // The rest of an answer that was not read to its end is dropped with its connection.
        _response?.Dispose();
        _watch?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        _watch = node.Watch(cancellationToken);
        string query = PeerRoutes.Data + FileRefQuery.Write(file) + (CachedOnly ? "&cached=only" : "");
        var request = new HttpRequestMessage(HttpMethod.Get, node.AddressOf(query));
        request.Headers.Range = new RangeHeaderValue(offset, offset + length - 1);
        _response = await node.SendAsync(request, _watch).ConfigureAwait(false);
        if (_response.Content.Headers.ContentLength != length)
            throw new CacheException(CacheError.NodeUnreachable, $"Node '{node.Name}' answered {_response.Content.Headers.ContentLength} bytes where {length} were asked for.");
        return await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }
}
