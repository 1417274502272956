namespace Orleans.Cache.Grains.Messages;

/// <summary>Calls on grains that end in a way the engine knows.</summary>
internal static class GrainAnswers
{
    /// <summary>Awaits a call. Grains answer errors of the cache as results, so what a call throws says that its grain could not be reached.</summary>
    /// <exception cref="CacheException">NodeUnreachable.</exception>
    public static async ValueTask<T> WithinAsync<T>(ValueTask<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return call.IsCompleted || !cancellationToken.CanBeCanceled
                ? await call.ConfigureAwait(false)
                : await call.AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsUnreachable(e, cancellationToken))
        {
            throw new CacheException(CacheError.NodeUnreachable, $"A grain does not answer: {e.Message}", e);
        }
    }

    /// <summary>Silos that die or stop end calls in many ways: rejections, time-outs, disposed objects.</summary>
    private static bool IsUnreachable(Exception e, CancellationToken cancellationToken) =>
        e is OrleansException or TimeoutException or InvalidOperationException or IOException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
