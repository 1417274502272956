namespace Orleans.Cache.Metadata;

/// <summary>
/// Single flight by key: concurrent askers share one request. Those who must not share a request older than themselves (strict
/// reads) share the next one, which starts when the running one ends; so at most one runs and one waits per key.
/// A caller that leaves cancels nobody, and an exception reaches everybody who waited for that flight.
/// </summary>
internal sealed class Flights<TKey, TResult>
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Flight> _running = [];

    /// <param name="key">What is asked about.</param>
    /// <param name="mayJoinRunning">False: only a flight that starts after this call will do.</param>
    /// <param name="fly">The request; runs on the pool and on no caller's token.</param>
    /// <param name="cancellationToken">Ends this caller's waiting.</param>
    public Task<TResult> FlyAsync(TKey key, bool mayJoinRunning, Func<Task<TResult>> fly, CancellationToken cancellationToken)
    {
        Flight flight;
        lock (_gate)
        {
            if (!_running.TryGetValue(key, out Flight? running))
            {
                flight = new Flight(fly);
                _running.Add(key, flight);
                Start(key, flight);
            }
            else
            {
                flight = mayJoinRunning ? running : running.Next ??= new Flight(fly);
            }
        }
        return flight.Result.Task.WaitAsync(cancellationToken);
    }

    private void Start(TKey key, Flight flight) => _ = Task.Run(() => RunAsync(key, flight));

    private async Task RunAsync(TKey key, Flight flight)
    {
        try
        {
            TResult result = await flight.Fly().ConfigureAwait(false);
            End(key, flight);
            flight.Result.SetResult(result);
        }
        catch (Exception e)
        {
            End(key, flight);
            flight.Result.SetException(e);
            // Every asker may have left: then nobody looks at the exception.
            _ = flight.Result.Task.Exception;
        }
    }

    /// <summary>Before the result is set: whoever sees the result and asks again must not join this flight.</summary>
    private void End(TKey key, Flight flight)
    {
        lock (_gate)
        {
            if (flight.Next is { } next)
            {
                _running[key] = next;
                Start(key, next);
            }
            else
            {
                _running.Remove(key);
            }
        }
    }

    private sealed class Flight(Func<Task<TResult>> fly)
    {
        public Func<Task<TResult>> Fly { get; } = fly;

        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Flight? Next { get; set; }
    }
}
