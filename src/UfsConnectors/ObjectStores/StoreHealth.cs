using Microsoft.Extensions.Logging;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// Whether a store counts as dead (circuit breaker). It does when <see cref="RequestLimits.BreakAfter"/> requests in a row, whoever sent them, brought no answer;
/// then it is not asked for <see cref="RequestLimits.BreakFor"/>, and after that by one request, which finds out.
/// </summary>
/// <remarks>
/// In a row, and not so many of a hundred in a minute: a store that was busy until it died would live on in such a count, and its readers wait, until its successes
/// are old. One that answers some requests is asked on; what fails is repeated.
/// </remarks>
internal sealed partial class StoreHealth(string store, RequestLimits limits, UfsTraffic traffic, TimeProvider time, ILogger log)
{
    private readonly Lock _gate = new();
    private int _failures;
    private long _askedAt;

    /// <exception cref="CacheException">Unavailable: it is not asked now.</exception>
    public void RequireTurn()
    {
        if (Volatile.Read(ref _failures) < limits.BreakAfter)
            return;
        lock (_gate)
        {
            TimeSpan rest = limits.BreakFor - time.GetElapsedTime(_askedAt);
            if (_failures < limits.BreakAfter)
                return;
            if (rest > TimeSpan.Zero)
                throw new CacheException(
                    CacheError.Unavailable, $"'{store}' failed again and again ({traffic.Trouble}) and is not asked for now; it is tried again in {Math.Ceiling(rest.TotalSeconds)} s.");
            // This one finds out; others wait for what it finds.
            _askedAt = time.GetTimestamp();
        }
    }

    /// <summary>The store answered, whatever it said.</summary>
    public void Answered()
    {
        if (Volatile.Read(ref _failures) == 0)
            return;
        lock (_gate)
        {
            bool wasDead = _failures >= limits.BreakAfter;
            _failures = 0;
            traffic.Trouble = null;
            if (wasDead)
                LogMended(store);
        }
    }

    /// <summary>A request brought no answer.</summary>
    public void Failed(string reason)
    {
        lock (_gate)
        {
            _askedAt = time.GetTimestamp();
            if (++_failures < limits.BreakAfter)
                return;
            traffic.Trouble = reason;
            if (_failures == limits.BreakAfter)
                LogBroken(store, reason, limits.BreakFor.TotalSeconds);
        }
    }

    [LoggerMessage(LogLevel.Warning, "'{Store}' counts as dead ({Reason}) and is not asked for {Seconds} s; what is cached is served")]
    private partial void LogBroken(string store, string reason, double seconds);

    [LoggerMessage(LogLevel.Information, "'{Store}' answers again")]
    private partial void LogMended(string store);
}
