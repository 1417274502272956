namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>What a store's refusal or silence means.</summary>
internal enum StoreFailure
{
    /// <summary>No such object.</summary>
    NotFound,

    /// <summary>A condition on the version or absence of an object does not hold.</summary>
    ConditionFailed,

    /// <summary>The range lies outside of the object.</summary>
    OutOfRange,

    /// <summary>Credentials or permissions.</summary>
    Denied,

    /// <summary>No such bucket or container.</summary>
    NoBucket,

    /// <summary>Nothing was done, because too much is asked at once; later it may be.</summary>
    Throttled,

    /// <summary>No answer, a broken one, or an error of the store's own: it may or may not have been done.</summary>
    Broken,

    /// <summary>A refusal that repeating does not change.</summary>
    Refused,
}

/// <summary>A single request that failed. The message names no secret; it follows "the store ..." in what users read.</summary>
internal sealed class StoreException(StoreFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public StoreFailure Failure { get; } = failure;

    /// <summary>When the store wants to be asked again (Retry-After); null: it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The store answered as it should, if not as one hoped.</summary>
    public bool IsAnswer => Failure is StoreFailure.NotFound or StoreFailure.ConditionFailed or StoreFailure.OutOfRange;

    /// <summary>In the engine's terms, for a read.</summary>
    public CacheException ToCacheException(string key, string store) => Failure switch
    {
        StoreFailure.NotFound => CacheException.NotFound(key),
        StoreFailure.ConditionFailed or StoreFailure.OutOfRange => CacheException.Changed(key),
        StoreFailure.Denied => new(CacheError.AccessDenied, $"'{store}' denies access to '{key}' ({Message}); check the mount's credentials and their permissions.", this),
        StoreFailure.NoBucket => new(CacheError.Unavailable, $"'{store}' does not exist ({Message}); check the mount's bucket or container.", this) { IsRefusal = true },
        StoreFailure.Throttled => new(CacheError.Unavailable, $"'{store}' refuses more requests for now ({Message}); try again later.", this),
        StoreFailure.Broken => new(CacheError.Unavailable, $"'{key}' failed in '{store}': {Message}", this),
        _ => new(CacheError.Unavailable, $"'{store}' refuses the request for '{key}': {Message}", this) { IsRefusal = true },
    };
}
