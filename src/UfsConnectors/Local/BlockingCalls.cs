namespace Orleans.Cache.UfsConnectors.Local;

/// <summary>Runs calls that may wait for a disk on pool threads, only so many at once that a slow disk cannot take the whole pool.</summary>
internal sealed class BlockingCalls : IDisposable
{
    /// <summary>Pieces are up to 1 MiB: 16 under way saturate an NVMe drive, and leave the pool to the rest of the node.</summary>
    public const int MaxConcurrent = 16;

    private readonly SemaphoreSlim _slots = new(MaxConcurrent);

    /// <summary>Cancellation ends the wait for a slot; a call that runs is waited for, since it may be writing into the caller's buffer.</summary>
    public async ValueTask<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(call, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose() => _slots.Dispose();
}
