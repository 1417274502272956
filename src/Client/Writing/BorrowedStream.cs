namespace Orleans.Cache.Client.Writing;

/// <summary>Content that a request reads and does not dispose of. What it throws is kept: to the request it is just a failure to send.</summary>
internal sealed class BorrowedStream(Stream inner) : Stream
{
    /// <summary>Whether any of the content was asked for: then it cannot be sent a second time.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>What reading the content threw.</summary>
    public Exception? Failure { get; private set; }

    public override bool CanRead => true;

    /// <summary>Then its length is sent ahead.</summary>
    public override bool CanSeek => inner.CanSeek;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

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
            return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Failure = e;
            throw;
        }
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
