using System.Globalization;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>How often the fault tests of a cluster are repeated: OCACHE_CLUSTER_ROUNDS, once where that is not set. OCACHE_CLUSTER_SEED repeats one.</summary>
internal static class ClusterRounds
{
    /// <summary>Collection of the tests that load several processes: two of them at once would measure each other.</summary>
    public const string OneAtATime = "Clusters, one at a time";

    private static int Count => Read("OCACHE_CLUSTER_ROUNDS") ?? 1;

    public static async Task RunAsync(ITestOutputHelper output, Func<int, Task> round)
    {
        int seed = Read("OCACHE_CLUSTER_SEED") ?? Random.Shared.Next();
        for (int i = 0; i < Count; i++, seed++)
        {
            output.WriteLine($"OCACHE_CLUSTER_SEED={seed}");
            await round(seed);
        }
    }

    private static int? Read(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : null;
}
