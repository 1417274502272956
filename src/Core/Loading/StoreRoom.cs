using Orleans.Cache.Pages;

namespace Orleans.Cache.Loading;

/// <summary>What a load job needs to know of where the pages go.</summary>
/// <param name="Capacity">Bytes that can be kept at all.</param>
/// <param name="Evictions">Pages that have left to make room; it matters whether the number moves. Null: not known here.</param>
public readonly record struct StoreRoom(long Capacity, long? Evictions)
{
    /// <summary>Where other nodes take pages too: what fits shows when it has been loaded.</summary>
    public static StoreRoom Unknown { get; } = new(long.MaxValue, null);

    /// <summary>Of one node's store, its directories in service; once no page is about to leave.</summary>
    public static async Task<StoreRoom> OfAsync(IPageStore store)
    {
        await store.EvictionEndedAsync().ConfigureAwait(false);
        long capacity = 0, evictions = 0;
        foreach (StoreDirectoryStatus directory in store.GetStatus())
        {
            capacity += directory.OutOfService is null ? directory.Capacity : 0;
            evictions += directory.Evictions;
        }
        return new StoreRoom(capacity, evictions);
    }
}
