using Microsoft.Extensions.Logging;
using Orleans.Cache.UnderStorage;
using Polly;
using Polly.Retry;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// Sends requests to one store. From the outside in: repetitions (jitter, Retry-After), circuit breaker (<see cref="StoreHealth"/>), limit of requests under
/// way, patience. A store that counts as dead fails requests at once, without being asked.
/// </summary>
internal sealed partial class RequestPolicy : IDisposable
{
    private readonly string _store;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _slots;
    private readonly StoreHealth _health;
    private readonly ResiliencePipeline _repeating;
    private readonly ResiliencePipeline _once;

    public RequestPolicy(string store, RequestLimits limits, TimeProvider time, ILogger log)
    {
        _store = store;
        _time = time;
        _log = log;
        Limits = limits;
        _slots = new SemaphoreSlim(limits.Concurrency);
        _health = new StoreHealth(store, limits, Traffic, time, log);
        _repeating = Repeat(e => e.Failure is StoreFailure.Broken or StoreFailure.Throttled);
        _once = Repeat(e => e.Failure == StoreFailure.Throttled);
    }

    public RequestLimits Limits { get; }

    public UfsTraffic Traffic { get; } = new();

    /// <summary>
    /// Whether somebody who could do with one request may begin another: at most an eighth of the turns are taken. What helps one upload shall not keep others, or
    /// readers, waiting for a turn, and with parts of 8 MiB it bounds what all uploads hold beyond two parts each to some 256 MiB.
    /// </summary>
    public bool HasRoomToSpare => Limits.Concurrency - _slots.CurrentCount < Limits.Concurrency / 8;

    /// <summary>Sends one request, again where that may help.</summary>
    /// <param name="operation">What is counted.</param>
    /// <param name="send">One attempt; its token ends when the store was silent for too long.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="repeatable">Whether it may be sent again where nobody knows if it was carried out.</param>
    /// <param name="uploaded">Bytes that are sent with it: they are given their time.</param>
    /// <exception cref="StoreException">The last attempt's.</exception>
    /// <exception cref="CacheException">Unavailable: the store counts as dead. Overloaded: no turn came.</exception>
    public Task<T> SendAsync<T>(
        UfsOperation operation, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken, bool repeatable = true, int uploaded = 0) =>
        (repeatable ? _repeating : _once).ExecuteAsync(
            static (call, token) => call.Policy.AttemptAsync(call.Operation, call.Send, call.Uploaded, token),
            (Policy: this, Operation: operation, Send: send, Uploaded: uploaded),
            cancellationToken).AsTask();

    public Task SendAsync(UfsOperation operation, Func<CancellationToken, Task> send, CancellationToken cancellationToken, bool repeatable = true) =>
        SendAsync(
            operation,
            async token =>
            {
                await send(token).ConfigureAwait(false);
                return true;
            },
            cancellationToken,
            repeatable);

    /// <summary>A request whose body is read later keeps its place until that is over.</summary>
    public Task<ObjectBody> OpenAsync(Func<CancellationToken, Task<ObjectBody>> open, CancellationToken cancellationToken) =>
        SendAsync(UfsOperation.Get, open, cancellationToken);

    /// <summary>Gives the place of a body back.</summary>
    public void Release()
    {
        try
        {
            _slots.Release();
        }
        catch (ObjectDisposedException)
        {
            // A reader that outlived the mount.
        }
    }

    public void Dispose() => _slots.Dispose();

    private async ValueTask<T> AttemptAsync<T>(UfsOperation operation, Func<CancellationToken, Task<T>> send, int uploaded, CancellationToken cancellationToken)
    {
        _health.RequireTurn();
        using var patience = new CancellationTokenSource(Limits.Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        await EnterAsync(either.Token, cancellationToken).ConfigureAwait(false);
        bool keeps = false;
        long start = _time.GetTimestamp();
        try
        {
            // What is sent may take its time: 256 KiB/s is slower than any line that one would put a cache on.
            patience.CancelAfter(Limits.Patience + TimeSpan.FromSeconds(uploaded / (256.0 * CacheLimits.KiB)));
            Traffic.Requests(operation).Increment();
            T answer = await send(either.Token).ConfigureAwait(false);
            keeps = answer is ObjectBody;
            _health.Answered();
            return answer;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Noted(operation, new StoreException(StoreFailure.Broken, $"no answer within {Limits.Patience.TotalSeconds} s", e));
        }
        catch (StoreException e) when (!cancellationToken.IsCancellationRequested)
        {
            Noted(operation, e);
            throw;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is not OperationCanceledException)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        finally
        {
            Traffic.Microseconds(operation).Add((long)_time.GetElapsedTime(start).TotalMicroseconds);
            if (!keeps)
                Release();
        }
    }

    private StoreException Noted(UfsOperation operation, StoreException failure)
    {
        if (!failure.IsAnswer)
            Traffic.Failures(operation).Increment();
        if (failure.Failure == StoreFailure.Broken)
            _health.Failed(failure.Message);
        else
            _health.Answered();
        return failure;
    }

    private async ValueTask EnterAsync(CancellationToken patience, CancellationToken cancellationToken)
    {
        try
        {
            await _slots.WaitAsync(patience).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CacheException(
                CacheError.Overloaded, $"{Limits.Concurrency} requests to '{_store}' are under way and none ended for {Limits.Patience.TotalSeconds} s; try again in a moment.", e);
        }
    }

    private ResiliencePipeline Repeat(Func<StoreException, bool> isWorthwhile) =>
        Limits.Attempts > 1 ? new ResiliencePipelineBuilder { TimeProvider = _time }.AddRetry(Retry(isWorthwhile)).Build() : ResiliencePipeline.Empty;

    private RetryStrategyOptions Retry(Func<StoreException, bool> isWorthwhile) => new()
    {
        ShouldHandle = new PredicateBuilder().Handle(isWorthwhile),
        MaxRetryAttempts = Limits.Attempts - 1,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = Limits.RetryDelay,
        MaxDelay = Limits.MaxRetryDelay,
        DelayGenerator = args => new(
            args.Outcome.Exception is StoreException { RetryAfter: { } wish } ? (wish < Limits.MaxRetryDelay ? wish : Limits.MaxRetryDelay) : (TimeSpan?)null),
        OnRetry = args =>
        {
            Traffic.Retries.Increment();
            LogRetry(_store, args.AttemptNumber + 1, args.Outcome.Exception?.Message ?? "", args.RetryDelay.TotalMilliseconds);
            return default;
        },
    };

    [LoggerMessage(LogLevel.Debug, "'{Store}': attempt {Attempt} failed ({Reason}), the next in {Milliseconds:0} ms")]
    private partial void LogRetry(string store, int attempt, string reason, double milliseconds);
}
