using Microsoft.AspNetCore.Http;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.Rest.Writing;

/// <summary>A request's body that fails where nothing comes for a while: a client that hangs must not hold a half-written file for ever.</summary>
internal sealed class UploadStream(Stream body, TimeSpan stallTimeout, TimeProvider time) : ForwardStream
{
    private CancellationTokenSource _patience = new(Timeout.InfiniteTimeSpan, time);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // What is there already needs no timer.
        ValueTask<int> reading = body.ReadAsync(buffer, _patience.Token);
        return reading.IsCompleted ? reading : AwaitedAsync(reading, cancellationToken);
    }

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
