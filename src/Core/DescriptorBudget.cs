using Orleans.Cache.Pages;

namespace Orleans.Cache;

/// <summary>
/// Who may open how many of the process's descriptors (ulimit -n). Running out must not happen: accepting fails over and over
/// then, and the runtime, which cannot load an assembly any more, ends the process. So what clients and files can grow to is
/// cut to the limit: a quarter for backing files, an eighth for sources, 256 for the runtime, the rest for connections.
/// </summary>
public static class DescriptorBudget
{
    /// <summary>The runtime keeps each of its assemblies open, which is most of the 200 that a node has at rest.</summary>
    private const int Runtime = 256;

    /// <summary>Where the limit is below what a node needs at all, it still answers probes and a command line.</summary>
    private const int FewestConnections = 16;

    /// <summary>Descriptors that this process may have open.</summary>
    public static long Limit => LinuxFiles.MaxOpenFiles();

    /// <summary>Backing files that may be open of <paramref name="limit"/> descriptors.</summary>
    public static long BackingFiles(long limit) => limit / 4;

    /// <summary>Connections that may be open of <paramref name="limit"/> descriptors.</summary>
    public static long Connections(long limit) => Math.Max(limit - BackingFiles(limit) - (limit / 8) - Runtime, FewestConnections);
}
