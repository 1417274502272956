namespace Orleans.Cache.Eviction;

/// <summary>The policies that configuration can name. A new one is a class and a line here.</summary>
public static class EvictionPolicies
{
    /// <summary>S3-FIFO: as good as LRU or better on the traces that matter here, proof against scans, and no lock on a hit.</summary>
    public const string Default = S3Fifo.PolicyName;

    private static readonly SortedDictionary<string, Func<IEvictionPolicy>> Known = new(StringComparer.Ordinal)
    {
        [S3Fifo.PolicyName] = () => new S3Fifo(),
        [Lru.PolicyName] = () => new Lru(),
    };

    /// <summary>Names, in ordinal order.</summary>
    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <summary>A new, empty policy.</summary>
    /// <exception cref="CacheException">InvalidArgument: no policy of that name.</exception>
    public static IEvictionPolicy Create(string name) => Known.TryGetValue(name, out Func<IEvictionPolicy>? create)
        ? create()
        : throw new CacheException(CacheError.InvalidArgument, $"No eviction policy is named '{name}'; known are {string.Join(", ", Known.Keys)}.");
}
