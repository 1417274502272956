using Microsoft.AspNetCore.Http;

namespace Orleans.Cache.Gateway.Rest.Writing;

/// <summary>A request's body that fails where nothing comes for a while: a client that hangs must not hold a half-written file for ever.</summary>
internal sealed class UploadStream(Stream body, TimeSpan stallTimeout, TimeProvider time) : Stream
{
    private CancellationTokenSource _patience = new(Timeout.InfiniteTimeSpan, time);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // What is there already needs no timer.
        ValueTask<int> reading = body.ReadAsync(buffer, _patience.Token);
        return reading.IsCompleted ? reading : AwaitedAsync(reading, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _patience.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> AwaitedAsync(ValueTask<int> reading, CancellationToken cancellationToken)
    {
        _patience.CancelAfter(stallTimeout);
        try
        {
            CancellationTokenRegistration leaving = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _patience);
            await using (leaving.ConfigureAwait(false))
                return await reading.ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BadHttpRequestException($"No byte of the body came for {stallTimeout.TotalSeconds} s; nothing was written.", StatusCodes.Status408RequestTimeout, e);
        }
        finally
        {
            if (!_patience.TryReset())
            {
                _patience.Dispose();
                _patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
            }
        }
    }
}
