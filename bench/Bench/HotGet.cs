using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>Hot GETs of whole files, 4 KiB to 256 MiB, 1 and 8 connections: node against nginx on the same tmpfs files.</summary>
internal static class HotGet
{
    private static readonly (string Name, long Size)[] Files = [("4KiB", 4 << 10), ("100KiB", 100 << 10), ("1MiB", 1 << 20), ("256MiB", 256 << 20)];

    public static async Task RunAsync(int rounds, double seconds, string? only)
    {
        using var data = new Workspace();
        foreach ((string name, long size) in Files)
            data.WriteSourceFile(name, size);
        Workspace.LetVersionsSettle();
        await using NginxServer nginx = await NginxServer.StartAsync(data.Source);
        await using NodeServer node = await NodeServer.StartAsync("--mount", $"/=file://{data.Source}", "--store", $"{data.Store}=2GiB");

        Table table = Comparison.NewTable();
        foreach ((string name, _) in Files)
        {
            foreach (int connections in (int[])[1, 8])
            {
                if (only is not null && only != name)
                    continue;
                await Curl.GetAsync(node.UrlOf(name));
                await Wrk.RunAsync(node, name, connections, 1);
                var comparison = new Comparison();
                await comparison.RunAsync(
                    rounds,
                    () => Wrk.RunAsync(nginx, name, connections, seconds),
                    () => Wrk.RunAsync(node, name, connections, seconds));
                comparison.AddTo(table, $"{name}, {connections} conn");
            }
        }
        table.Print();
    }
}
