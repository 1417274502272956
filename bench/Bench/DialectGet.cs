using System.Security.Cryptography;
using System.Text;
using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>Hot reads through the REST dialect of Alluxio's workers against the same bytes of the same node through the native API.</summary>
internal static class DialectGet
{
    private const string File = "data";
    private const long Size = 256 << 20;

    public static async Task RunAsync(int rounds, double seconds)
    {
        using var data = new Workspace();
        data.WriteSourceFile(File, Size);
        Workspace.LetVersionsSettle();
        await using NodeServer node = await NodeServer.StartAsync("--mount", $"/=file://{data.Source}", "--store", $"{data.Store}=2GiB");
        await Curl.GetAsync(node.UrlOf(File));
        string path = $"file://{data.Source}/{File}";
        string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)));
        // An id without a path is known from the listing that named it.
        await Curl.GetAsync($"{node.Rest}v1/files?path=file://{data.Source}");
        (string Name, string Dialect, long Offset, long Length)[] rows =
        [
            ("range of 4 KiB", $"v1/range/{id}?ufsFullPath={path}&offset=5000000&length=4096", 5_000_000, 4096),
            ("range of 2 MiB", $"v1/range/{id}?ufsFullPath={path}&offset=1048576&length=2097152", 1 << 20, 2 << 20),
            ("page of 1 MiB", $"v1/file/{id}/page/9?ufsFullPath={path}", 9 << 20, 1 << 20),
            ("page by its id alone", $"v1/file/{id}/page/9", 9 << 20, 1 << 20),
            ("chunk: the file of 256 MiB", $"v1/chunk/{id}?ufsFullPath={path}&chunkSize=1048576", 0, Size),
        ];
        Table table = Comparison.NewTable("native", "dialect");
        var dialect = new Door(node);
        foreach ((string name, string route, long offset, long length) in rows)
        {
            string script = Path.Combine(data.Store, "range.lua");
            await System.IO.File.WriteAllTextAsync(script, $"wrk.headers[\"Range\"] = \"bytes={offset}-{offset + length - 1}\"\n");
            foreach (int connections in (int[])[1, 8])
            {
                var comparison = new Comparison();
                await comparison.RunAsync(
                    rounds,
                    () => Wrk.RunAsync(node, File, connections, seconds, script),
                    () => Wrk.RunAsync(dialect, route, connections, seconds));
                comparison.AddTo(table, $"{name}, {connections} conn");
            }
        }
        table.Print();
    }

    /// <summary>The same node, whose paths are given whole.</summary>
    private sealed class Door(NodeServer node) : IServerUnderTest
    {
        public string Name => "dialect";

        public IReadOnlyList<int> ProcessIds => node.ProcessIds;

        public string UrlOf(string relativePath) => node.Rest + relativePath;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
