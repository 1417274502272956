using Orleans.Cache.Client.Cluster;

namespace Orleans.Cache.Silo.Hosting.Grid;

/// <summary>The one place that knows whether this build has Orleans.</summary>
internal static class GridBuild
{
    /// <summary>A grid that is not joined yet.</summary>
    /// <param name="options">How it is joined.</param>
    /// <param name="logs">Where its silo's lines go.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="alter">For tests: changes the silo's services.</param>
    /// <exception cref="CacheException">NotSupported: the build has none.</exception>
    public static IGrid Create(GridOptions options, ILoggerFactory logs, TimeProvider time, Action<IServiceCollection>? alter) =>
#if ORLEANS
        new Grains.Silos.Grid(options, logs, time) { Alter = alter };
#else
        throw new CacheException(
            CacheError.NotSupported,
            $"This build has no Orleans, so it cannot join the cluster '{options.ClusterId}': build with -p:Orleans=true where the Orleans packages restore, or give --peers.");
#endif
}
