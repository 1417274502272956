using Orleans.Cache.Client.Cluster;

namespace Orleans.Cache.Silo.Hosting.Grid;

/// <summary>The one place that knows whether this build has Orleans.</summary>
internal static class GridBuild
{
    /// <summary>A grid that is not joined yet.</summary>
    /// <exception cref="CacheException">NotSupported: the build has none.</exception>
    public static IGrid Create(GridOptions options, ILoggerFactory logs, TimeProvider time) =>
#if ORLEANS
        new Grains.Silos.Grid(options, logs, time);
#else
        throw new CacheException(
            CacheError.NotSupported,
            $"This build has no Orleans, so it cannot join the cluster '{options.ClusterId}': build with -p:Orleans=true where the Orleans packages restore, or give --peers.");
#endif
}
