using System.Diagnostics;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>How long the commands of `ocache` take from start to end against a node of this machine, and the runtime alone.</summary>
internal static class CommandLine
{
    private static readonly string[][] Commands = [["ls", "/"], ["stat", "/f"], ["status"], ["explain", "/f"], ["ls", "/", "--json"], ["cat", "/f"], ["--help"]];

    /// <param name="program">ocache.dll as it is published.</param>
    /// <param name="rounds">Runs of each command.</param>
    public static async Task RunAsync(string program, int rounds)
    {
        using var data = new Workspace();
        data.WriteSourceFile("f", 100 << 10);
        await using NodeServer node = await NodeServer.StartAsync("--mount", $"/=file://{data.Source}", "--store", $"{data.Store}=1GiB");
        List<double>[] times = [.. Commands.Select(_ => new List<double>())];
        var runtime = new List<double>();
        for (int round = 0; round <= rounds; round++)
        {
            // The first one warms the file cache.
            double alone = await TimeAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "ocache-bench.dll"), "nothing"]);
            if (round > 0)
                runtime.Add(alone);
            for (int i = 0; i < Commands.Length; i++)
            {
                double taken = await TimeAsync("dotnet", [program, "--url", node.Rest.ToString(), .. Commands[i]]);
                if (round > 0)
                    times[i].Add(taken);
            }
        }
        var table = new Table("command", "ms, median [lowest-highest]", "runtime that does nothing = 1");
        for (int i = 0; i < Commands.Length; i++)
            table.Add(string.Join(' ', Commands[i]), Median.WithSpread(times[i], "0"), $"{Median.Of(times[i]) / Median.Of(runtime):0.0}");
        table.Add("a program that does nothing", Median.WithSpread(runtime, "0"), "1");
        table.Print();
    }

    private static async Task<double> TimeAsync(string program, string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
