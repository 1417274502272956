using System.Threading.Channels;

namespace Orleans.Cache.Testing;

/// <summary>Requests that wait. A test waits for them to arrive, does what it wants to do meanwhile, and lets them go on.</summary>
public sealed class UfsHold
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _arrivals = Channel.CreateUnbounded<bool>();

    /// <summary>Completes when one more request has arrived; call it once for each that is expected.</summary>
    public Task ArrivedAsync() => _arrivals.Reader.ReadAsync().AsTask();

    /// <summary>Lets the waiting requests go on, and those that come later pass.</summary>
    public void Release() => _released.TrySetResult();

    /// <summary>Says that a request has arrived, and waits for the release. For those who hold something.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        _arrivals.Writer.TryWrite(true);
        return _released.Task.WaitAsync(cancellationToken);
    }
}
