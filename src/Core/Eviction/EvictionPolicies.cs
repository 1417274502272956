namespace Orleans.Cache.Eviction;

/// <summary>The policies that configuration can name.</summary>
public static class EvictionPolicies
{
    public const string Default = "s3fifo";

    public static IReadOnlyList<string> Names { get; } = ["lru", "s3fifo"];

    /// <summary>A new policy of that name.</summary>
    /// <exception cref="CacheException">InvalidArgument, listing the names.</exception>
    public static IEvictionPolicy Create(string name) => name switch
    {
        "s3fifo" => new S3Fifo(),
        "lru" => new Lru(),
        _ => throw new CacheException(CacheError.InvalidArgument, $"There is no eviction policy '{name}'; known are {string.Join(", ", Names)}."),
    };
}
