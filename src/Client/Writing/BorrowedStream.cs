namespace Orleans.Cache.Client.Writing;

/// <summary>Content that a request reads and does not dispose of. What it throws is kept: to the request it is just a failure to send.</summary>
/// <remarks>
/// A node that has as many bytes as were announced commits the write. So the last of them are handed out only when the content has
/// ended behind them: one that fails there, or has grown, is not written.
/// </remarks>
internal sealed class BorrowedStream(Stream inner) : Stream
{
    private readonly long _end = inner.CanSeek ? inner.Length : -1;
    private readonly byte[] _behind = new byte[1];
    private bool _hasEnded;

    /// <summary>Whether any of the content was asked for: then it cannot be sent a second time.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>Known to have no byte: then all of it is sent with the headers.</summary>
    public bool IsEmpty => inner.CanSeek && inner.Position >= _end;

    /// <summary>What reading the content threw.</summary>
    public Exception? Failure { get; private set; }

    public override bool CanRead => true;

    /// <summary>Then its length is sent ahead.</summary>
    public override bool CanSeek => inner.CanSeek;

    public override bool CanWrite => false;

    public override long Length => inner.CanSeek ? _end : throw new NotSupportedException();

    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        IsBegun = true;
        try
        {
            return inner.CanSeek
                ? await ReadAnnouncedAsync(buffer, cancellationToken).ConfigureAwait(false)
                : await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Failure = e;
            throw;
        }
    }

    private async ValueTask<int> ReadAnnouncedAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_hasEnded)
            return 0;
        int wanted = (int)Math.Clamp(_end - inner.Position, 0, buffer.Length);
        int read = wanted == 0 ? 0 : await inner.ReadAsync(buffer[..wanted], cancellationToken).ConfigureAwait(false);
        if (inner.Position < _end)
            return read;
        if (await inner.ReadAsync(_behind, cancellationToken).ConfigureAwait(false) > 0)
            throw new InvalidDataException($"The content has grown beyond the {_end} bytes that it had; nothing was written. Write it again when it is complete.");
        // Looked behind once: after that the node has all that was announced and commits it.
        _hasEnded = true;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not supported: requests read asynchronously.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
