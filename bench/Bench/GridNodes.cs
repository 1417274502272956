using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>
/// What grains cost: three silos against three nodes of a static cluster, all on this machine, whose cores they share. Hot files, opens,
/// first opens (each makes an activation), and the memory that those take.
/// </summary>
internal static class GridNodes
{
    private const int Nodes = 3;
    private const int FileSize = 1 << 10;
    private const int Connections = 8;

    private static readonly (string Name, long Size)[] Sizes = [("4KiB", 4 << 10), ("100KiB", 100 << 10), ("1MiB", 1 << 20), ("64MiB", 64 << 20)];

    public static async Task RunAsync(int files, int rounds, double seconds)
    {
        using var data = new Workspace();
        foreach ((string name, long size) in Sizes)
        {
            for (int i = 0; i < 16; i++)
                data.WriteSourceFile($"{name}-{i}", size);
        }
        for (int i = 0; i < files; i++)
            data.WriteSourceFile(NameOf(i), FileSize);
        Workspace.LetVersionsSettle();
        await using ServerCluster listed = await ServerCluster.StartAsync(data, Nodes);
        await using ServerCluster silos = await ServerCluster.StartGridAsync(data, Nodes);
        await FirstOpensAsync(listed, silos, files);
        await WarmUpAsync(listed, silos, seconds: 8);
        await OpensAsync(data, listed, silos, files, rounds, seconds);
        await HotAsync(listed, silos, rounds, seconds);
    }

    /// <summary>The grains' code is compiled again and again as it gets hot, for some seconds longer than what both have.</summary>
    private static async Task WarmUpAsync(ServerCluster listed, ServerCluster silos, double seconds)
    {
        foreach (ServerCluster cluster in (ServerCluster[])[listed, silos])
        {
            string file = Enumerable.Range(0, 16).Select(i => $"{Sizes[0].Name}-{i}").First(f => cluster.OwnerOf(f) == 0);
            foreach (int connections in (int[])[Connections, 1])
                await Wrk.RunAsync(cluster.As(0), file, connections, seconds);
        }
    }

    private static async Task HotAsync(ServerCluster listed, ServerCluster silos, int rounds, double seconds)
    {
        var table = Comparison.NewTable("static", "silos");
        foreach ((string name, _) in Sizes)
        {
            string file = Enumerable.Range(0, 16).Select(i => $"{name}-{i}").First(f => listed.OwnerOf(f) == 0 && silos.OwnerOf(f) == 0);
            foreach (int connections in (int[])[1, Connections])
            {
                await Wrk.RunAsync(listed.As(0), file, connections, 1);
                await Wrk.RunAsync(silos.As(0), file, connections, 1);
                var comparison = new Comparison();
                await comparison.RunAsync(
                    rounds, () => Wrk.RunAsync(listed.As(0), file, connections, seconds), () => Wrk.RunAsync(silos.As(0), file, connections, seconds));
                comparison.AddTo(table, $"hot {name}, {connections} conn");
            }
        }
        table.Print();
    }

    /// <summary>Statuses of files that are known, asked of their owner and of any node.</summary>
    private static async Task OpensAsync(Workspace data, ServerCluster listed, ServerCluster silos, int files, int rounds, double seconds)
    {
        var table = new Table("row", "static opens/s", "silos' opens/s", "ratio", "static CPU us", "silos' CPU us", "file grain calls an open", "page grain calls an open");
        foreach (bool aware in (bool[])[true, false])
        {
            List<LoadResult> baseline = [], candidate = [];
            double fileCalls = await silos.SumAsync("ocache_grain_calls_total{grain=\"file\"}"), pageCalls = await silos.SumAsync("ocache_grain_calls_total{grain=\"page\"}");
            for (int round = 0; round < rounds; round++)
            {
                baseline.Add(await Wrk.RunAsync(listed.As(0), "", Connections, seconds, Script(data, listed, files, aware, "listed")));
                candidate.Add(await Wrk.RunAsync(silos.As(0), "", Connections, seconds, Script(data, silos, files, aware, "silos")));
            }
            double opens = candidate.Sum(r => r.Requests);
            table.Add(
                aware ? "opens asked of their owner" : "opens asked of any node",
                $"{Median.Of(baseline.Select(r => r.Requests / r.Seconds)):0}",
                $"{Median.Of(candidate.Select(r => r.Requests / r.Seconds)):0}",
                Median.WithSpread([.. candidate.Zip(baseline, (c, b) => c.Requests / c.Seconds / (b.Requests / b.Seconds))], "0.00"),
                $"{Median.Of(baseline.Select(r => r.CpuSeconds / r.Requests * 1e6)):0}",
                $"{Median.Of(candidate.Select(r => r.CpuSeconds / r.Requests * 1e6)):0}",
                $"{(await silos.SumAsync("ocache_grain_calls_total{grain=\"file\"}") - fileCalls) / opens:0.00}",
                $"{(await silos.SumAsync("ocache_grain_calls_total{grain=\"page\"}") - pageCalls) / opens:0.00}");
        }
        table.Print();
    }

    /// <summary>Every file read once at its owner: a file's and a page's activation each. What a static node takes for the same is not theirs.</summary>
    private static async Task FirstOpensAsync(ServerCluster listed, ServerCluster silos, int files)
    {
        var table = new Table("row", "first reads/s", "CPU us each", "activations", "RssAnon more, bytes a file");
        double staticMemory = 0;
        foreach ((string name, ServerCluster cluster) in ((string, ServerCluster)[])[("static", listed), ("silos", silos)])
        {
            // The first thousand start the code: they are not measured.
            await ReadAsync(cluster, 0, Math.Min(1000, files));
            IServerUnderTest all = cluster.As(0);
            double cpu = ProcessTree.CpuSeconds(all.ProcessIds);
            long memory = cluster.Nodes.Sum(n => n.RssAnon());
            double seconds = await ReadAsync(cluster, Math.Min(1000, files), files);
            double grown = (double)(cluster.Nodes.Sum(n => n.RssAnon()) - memory) / files;
            double made = name == "silos" ? await cluster.SumAsync("ocache_grain_activated_total") : 0;
            table.Add($"{name}, {files} files", $"{files / seconds:0}", $"{(ProcessTree.CpuSeconds(all.ProcessIds) - cpu) / files * 1e6:0}", $"{made:0}", $"{grown:0}");
            if (name == "static")
                staticMemory = grown;
            else
                Console.WriteLine($"Memory of an activation: {(grown - staticMemory) * files / Math.Max(1, made):0} bytes, uncollected garbage included.");
        }
        table.Print();
    }

    private static async Task<double> ReadAsync(ServerCluster cluster, int from, int to)
    {
        using var http = new HttpClient();
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (i, token) => await http.GetByteArrayAsync(cluster.Nodes[cluster.OwnerOf(NameOf(i))].UrlOf(NameOf(i)), token));
        return System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static string Script(Workspace data, ServerCluster cluster, int files, bool aware, string kind)
    {
        int[] asked = [.. Enumerable.Range(0, files).Where(i => !aware || cluster.OwnerOf(NameOf(i)) == 0)];
        string script = Path.Combine(Path.GetDirectoryName(data.Source)!, $"status-{kind}-{aware}.lua");
        File.WriteAllText(script, $$"""
            local files = { {{string.Join(',', asked)}} }
            local at = 0
            function init(args) at = math.random(#files) end
            function request()
              at = (at + 7919) % #files
              local i = files[at + 1]
              return wrk.format("GET", string.format("/api/v1/status/d%03d/f%03d", math.floor(i / 1000), i % 1000))
            end
            """);
        return script;
    }

    private static string NameOf(int i) => $"d{i / 1000:000}/f{i % 1000:000}";
}
