using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>
/// What a cluster costs on one machine, whose cores its nodes share: nothing gets faster here by more nodes. Hot files through the
/// node that owns them and through one that does not, and small files over one, two and three nodes.
/// </summary>
internal static class ClusterNodes
{
    private const int SmallFileSize = 20 << 10;
    private const int Connections = 8;

    private static readonly (string Name, long Size)[] Sizes = [("4KiB", 4 << 10), ("100KiB", 100 << 10), ("1MiB", 1 << 20), ("64MiB", 64 << 20)];

    public static async Task RunAsync(int files, int rounds, double seconds)
    {
        using var data = new Workspace();
        // Enough of each size that both nodes own one.
        foreach ((string name, long size) in Sizes)
        {
            for (int i = 0; i < 8; i++)
                data.WriteSourceFile($"{name}-{i}", size);
        }
        for (int i = 0; i < files; i++)
            data.WriteSourceFile(NameOf(i), SmallFileSize);
        Workspace.LetVersionsSettle();
        await HopAsync(data, rounds, seconds);
        await SmallFilesAsync(data, files, rounds, seconds);
    }

    private static async Task HopAsync(Workspace data, int rounds, double seconds)
    {
        await using ServerCluster cluster = await ServerCluster.StartAsync(data, 2);
        IServerUnderTest node = cluster.As(0);
        var table = new Table("row", "own MiB/s", "other's MiB/s", "ratio", "own CPU s/GiB", "other's CPU s/GiB", "CPU ratio");
        foreach ((string name, _) in Sizes)
        {
            string own = OwnedBy(cluster, name, 0), others = OwnedBy(cluster, name, 1);
            foreach (int connections in (int[])[1, Connections])
            {
                await Curl.GetAsync(node.UrlOf(own));
                await Curl.GetAsync(node.UrlOf(others));
                await Wrk.RunAsync(node, others, connections, 1);
                var comparison = new Comparison();
                await comparison.RunAsync(
                    rounds, () => Wrk.RunAsync(node, own, connections, seconds), () => Wrk.RunAsync(node, others, connections, seconds));
                comparison.AddTo(table, $"{name}, {connections} conn");
            }
        }
        table.Print();
    }

    private static string OwnedBy(ServerCluster cluster, string name, int node) =>
        Enumerable.Range(0, 8).Select(i => $"{name}-{i}").First(file => cluster.OwnerOf(file) == node);

    private static async Task SmallFilesAsync(Workspace data, int files, int rounds, double seconds)
    {
        var table = new Table("row", "one node MiB/s", "MiB/s", "ratio", "one node CPU s/GiB", "CPU s/GiB", "CPU ratio");
        await using ServerCluster one = await StartedAsync(data, 1, files);
        foreach (int count in (int[])[2, 3])
        {
            await using ServerCluster more = await StartedAsync(data, count, files);
            foreach (bool aware in (bool[])[true, false])
            {
                var comparison = new Comparison();
                await comparison.RunAsync(
                    rounds, () => EpochAsync(data, one, files, seconds, aware: true), () => EpochAsync(data, more, files, seconds, aware));
                comparison.AddTo(table, $"{files} x 20 KiB, {count} nodes, {(aware ? "asked of their owners" : "asked of any node")}");
            }
        }
        table.Print();
    }

    private static async Task<ServerCluster> StartedAsync(Workspace data, int count, int files)
    {
        ServerCluster cluster = await ServerCluster.StartAsync(data, count);
        using var http = new HttpClient();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, files), new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (i, token) => await http.GetByteArrayAsync(cluster.Nodes[cluster.OwnerOf(NameOf(i))].UrlOf(NameOf(i)), token));
        return cluster;
    }

    /// <summary>A load for each node at once; together as many connections for any number of nodes.</summary>
    private static async Task<LoadResult> EpochAsync(Workspace data, ServerCluster cluster, int files, double seconds, bool aware)
    {
        int nodes = cluster.Nodes.Count;
        LoadResult[] results = await Task.WhenAll(Enumerable.Range(0, nodes).Select(node => Wrk.RunAsync(
            cluster.Nodes[node], "", (Connections + nodes - 1) / nodes, seconds, Script(data, cluster, node, files, aware))));
        return new LoadResult(results.Average(r => r.Seconds), results.Sum(r => r.Bytes), results.Sum(r => r.Requests), results.Sum(r => r.CpuSeconds));
    }

    /// <summary>Walks its files in an order of its own.</summary>
    private static string Script(Workspace data, ServerCluster cluster, int node, int files, bool aware)
    {
        int[] asked = [.. Enumerable.Range(0, files).Where(i => !aware || cluster.OwnerOf(NameOf(i)) == node)];
        string script = Path.Combine(Path.GetDirectoryName(data.Source)!, $"{cluster.Nodes.Count}-{node}-{aware}.lua");
        if (File.Exists(script))
            return script;
        File.WriteAllText(script, $$"""
            local files = { {{string.Join(',', asked)}} }
            local at = 0
            function init(args) at = math.random(#files) end
            function request()
              at = (at + 7919) % #files
              local i = files[at + 1]
              return wrk.format("GET", string.format("/api/v1/files/d%03d/f%03d", math.floor(i / 1000), i % 1000))
            end
            """);
        return script;
    }

    private static string NameOf(int i) => $"d{i / 1000:000}/f{i % 1000:000}";
}
