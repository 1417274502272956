namespace Orleans.Cache.Loading;

/// <summary>Where a load job is. Clients compare these names by the letter, in capitals.</summary>
public enum LoadState
{
    /// <summary>Walks the tree and loads.</summary>
    Running,

    /// <summary>Everything was loaded, but pages left the store meanwhile: looks whether they were this job's.</summary>
    Verifying,

    /// <summary>Stopped on request or with the node. What was loaded stays.</summary>
    Stopped,

    /// <summary>Every byte found was in the cache at the end.</summary>
    Succeeded,

    /// <summary>Something is not in the cache; the errors say what and why. The rest is.</summary>
    Failed,
}
