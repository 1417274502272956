using Orleans.Cache.Client.Cluster;
#if ORLEANS
using Orleans.Cache.Testing.Processes;
#endif

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>Silos for benches, where the build has Orleans.</summary>
internal static class GridMaker
{
#if ORLEANS
    /// <summary>A silo takes half a second to start: a few sequences, of many operations each. Three processes meet in a database, where one is installed.</summary>
    public static IReadOnlyList<Campaign> Campaigns { get; } =
    [
        new("memory-grid", IsLocal: false, OverRest: true, IsConcurrent: false, Share: 0.12) { IsCluster = true, IsGrid = true },
        .. PostgresServer.Folder is null
            ? []
            : (IEnumerable<Campaign>)[new("grid-processes", IsLocal: true, OverRest: true, IsConcurrent: false, Share: 0.15) { AreProcesses = true, IsGrid = true }],
    ];

    /// <param name="firstPort">Of the silo that holds the members: the first that is made.</param>
    public static IGrid Create(int firstPort) => new Grains.Silos.Grid(
        new GridOptions { FirstPort = firstPort, ClusterId = $"model-{firstPort}" }, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, TimeProvider.System);
#else
    public static IReadOnlyList<Campaign> Campaigns => [];

    public static IGrid Create(int firstPort) => throw new NotSupportedException($"This build has no Orleans for a silo at port {firstPort}.");
#endif
}
