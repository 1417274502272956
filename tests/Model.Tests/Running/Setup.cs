using Orleans.Cache.Mounts;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>What a sequence runs on; the operations are drawn from the same seed.</summary>
/// <param name="Seed">Of the random numbers.</param>
/// <param name="IsLocal">A real directory instead of mem://.</param>
/// <param name="OverRest">Real HTTP instead of calls.</param>
internal sealed record Setup(int Seed, bool IsLocal, bool OverRest)
{
    private static readonly Freshness[] Modes =
        [Freshness.Strict, Freshness.Bounded(TimeSpan.FromSeconds(10)), Freshness.Bounded(TimeSpan.FromSeconds(2)), Freshness.Immutable];

    private static readonly int[] PageSizes = [4096, 4096, 4096, 16384, 65536];

    private static readonly long[] Capacities = [128 << 10, 512 << 10, 8 << 20];

    /// <summary>Three nodes that talk HTTP.</summary>
    public bool IsCluster { get; init; }

    /// <summary>Three real nodes, each a process of its own, in real time: only what the switches of a node offer is chosen.</summary>
    public bool AreProcesses { get; init; }

    /// <summary>They are silos of a grid.</summary>
    public bool IsGrid { get; init; }

    public Freshness Freshness { get; init; } = Modes[Pick(Seed, 1, Modes.Length)];

    public int PageSize { get; init; } = PageSizes[Pick(Seed, 2, PageSizes.Length)];

    /// <summary>Bytes of the store: too few for half of the files, for most of them, or enough.</summary>
    public long Capacity { get; init; } = Capacities[Pick(Seed, 3, Capacities.Length)];

    public string Eviction { get; init; } = Pick(Seed, 4, 2) == 0 ? "s3fifo" : "lru";

    /// <summary>Local files look old at once, so that their pages are kept; else only after the clock was advanced.</summary>
    public bool FilesLookOld { get; init; } = Pick(Seed, 5, 4) != 0;

    /// <summary>Statuses come with the first bytes where they are asked for so, as from object stores.</summary>
    public bool OpensFirst { get; init; } = Pick(Seed, 6, 2) == 0;

    /// <summary>Puts something else in the under storage's place: how a test proves that the model notices.</summary>
    public Func<IUnderStorage, IUnderStorage>? Break { get; init; }

    public override string ToString() => AreProcesses ? $"file://, three processes, {Freshness}" :
        $"{(IsLocal ? "file://" : "mem://")}, {(IsGrid ? "three silos" : IsCluster ? "three nodes" : OverRest ? "REST" : "in process")}, {Freshness}, pages of {PageSize}, store of {Capacity}, {Eviction}{(OpensFirst ? ", first bytes with statuses" : "")}"
        + (IsLocal ? FilesLookOld ? ", old files" : ", young files" : "");

    /// <summary>Independent of the operations, which are drawn from the seed itself.</summary>
    private static int Pick(int seed, int purpose, int count) => new Random(HashOf(seed, purpose)).Next(count);

    private static int HashOf(int seed, int purpose) => unchecked((seed * 31) + (purpose * 1_000_003));
}
