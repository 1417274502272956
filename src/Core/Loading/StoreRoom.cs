using Orleans.Cache.Pages;

namespace Orleans.Cache.Loading;

/// <summary>What a load job needs to know of where the pages go.</summary>
/// <param name="Capacity">Bytes that can be kept at all.</param>
/// <param name="Evictions">Pages that have left to make room; it matters whether the number moves.</param>
public readonly record struct StoreRoom(long Capacity, long Evictions)
{
    /// <summary>Of one node's store: its directories in service.</summary>
    public static StoreRoom Of(IPageStore store)
    {
        long capacity = 0, evictions = 0;
        foreach (StoreDirectoryStatus directory in store.GetStatus())
        {
            capacity += directory.OutOfService is null ? directory.Capacity : 0;
            evictions += directory.Evictions;
        }
        return new StoreRoom(capacity, evictions);
    }
}
