using System.Buffers;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.S3.Bodies;

/// <summary>The content of an aws-chunked body, read forward. Ends only where the body is whole and genuine.</summary>
internal sealed class ChunkedBody(Stream source, ChunkDecoder decoder) : ForwardStream
{
    /// <summary>As much as a client's chunk, as a rule.</summary>
    private const int BufferBytes = 64 * CacheLimits.KiB;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;
    private bool _disposed;

    public ChunkDecoder Decoder { get; } = decoder;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            (int consumed, int written) = Decoder.Decode(_buffer.AsSpan(_start, _end - _start), buffer.Span);
            _start += consumed;
            if (written > 0)
                return written;
            _start = 0;
            _end = await source.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
            if (_end > 0)
                continue;
            Decoder.End();
            return 0;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            Decoder.Dispose();
            ArrayPool<byte>.Shared.Return(_buffer);
        }
        base.Dispose(disposing);
    }
}
