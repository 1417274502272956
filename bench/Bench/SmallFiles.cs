using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>Many small files, each read once an epoch in random order, as a training job's data loader reads an image folder.</summary>
internal static class SmallFiles
{
    private const int FileSize = 20 << 10;

    public static async Task RunAsync(int files, int rounds, double seconds)
    {
        using var data = new Workspace();
        for (int i = 0; i < files; i++)
            data.WriteSourceFile(NameOf(i), FileSize);
        Workspace.LetVersionsSettle();
        await using NginxServer nginx = await NginxServer.StartAsync(data.Source);
        // The mode that SEMANTICS.md has for datasets. With the default, statuses are asked again each minute: nginx asks each time.
        await using NodeServer node = await NodeServer.StartAsync("--mount", $"/=file://{data.Source},mode=immutable", "--store", $"{data.Store}=8GiB");

        Console.WriteLine($"filling {files} files ...");
        await Parallel.ForEachAsync(Enumerable.Range(0, files), new ParallelOptions { MaxDegreeOfParallelism = 16 }, FillAsync);

        Table table = Comparison.NewTable();
        foreach (int connections in (int[])[1, 8])
        {
            var comparison = new Comparison();
            await comparison.RunAsync(rounds, () => EpochAsync(nginx), () => EpochAsync(node));
            comparison.AddTo(table, $"{files} x 20 KiB, {connections} conn");

            Task<LoadResult> EpochAsync(IServerUnderTest server) =>
                Wrk.RunAsync(server, "", connections, seconds, EpochScript(data, new Uri(server.UrlOf("")).AbsolutePath, files));
        }
        table.Print();
        await PrintIndexAsync(node);

        async ValueTask FillAsync(int file, CancellationToken cancellationToken)
        {
            byte[] body = await Http.GetByteArrayAsync(node.UrlOf(NameOf(file)), cancellationToken);
            if (body.Length != FileSize)
                throw new InvalidOperationException($"{NameOf(file)} came with {body.Length} bytes.");
        }
    }

    private static readonly HttpClient Http = new();

    private static string NameOf(int i) => $"d{i / 1000:000}/f{i % 1000:000}";

    /// <summary>Each connection walks all files in an order of its own: i * step + start modulo files, with a step coprime to the number.</summary>
    private static string EpochScript(Workspace data, string prefix, int files)
    {
        string script = Path.Combine(Path.GetDirectoryName(data.Source)!, "epoch.lua");
        File.WriteAllText(script, $$"""
            local at = 0
            function init(args) at = math.random({{files}}) end
            function request()
              at = (at + 61803) % {{files}}
              return wrk.format("GET", string.format("{{prefix}}d%03d/f%03d", math.floor(at / 1000), at % 1000))
            end
            """);
        return script;
    }

    private static async Task PrintIndexAsync(NodeServer node)
    {
        using var cache = System.Text.Json.JsonDocument.Parse(await Http.GetStringAsync($"{node.Rest}api/v1/cache"));
        System.Text.Json.JsonElement store = cache.RootElement.GetProperty("stores")[0];
        long files = store.GetProperty("files").GetInt64();
        Console.WriteLine($"index: {store.GetProperty("indexBytes").GetInt64() / (double)files:0.0} bytes a file over {files} files; RssAnon {node.RssAnon() >> 20} MiB");
    }
}
