using Orleans.Cache.Model.Tests.Doors;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>What a sequence runs on: a cache over a source that can be told to misbehave, whose nodes can be restarted and crashed.</summary>
internal interface IBench : IAsyncDisposable
{
    /// <summary>The nodes' clock; its timestamps are ticks.</summary>
    TimeProvider Clock { get; }

    IChangingSource Source { get; }

    /// <summary>The source as the engine sees it, where it can be told to misbehave.</summary>
    FaultyUnderStorage Storage { get; }

    /// <summary>The way in; another one after a restart.</summary>
    IFrontDoor Door { get; }

    /// <summary>Of all lives of the stores so far.</summary>
    long Evictions { get; }

    /// <summary>Lets time go by: as much, or less where time is real.</summary>
    Task AdvanceAsync(TimeSpan by);

    /// <summary>Waits until no fill is under way.</summary>
    Task SettledAsync();

    /// <summary>Ends a node and starts another over the same store, or over what a crash left of it.</summary>
    /// <returns>Whether nothing is believed any more.</returns>
    Task<bool> RestartAsync(Restart restart);
}
