using System.Diagnostics;
using System.Text.Json;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.Load;

/// <summary>One job of fio, reading; bytes a second, and the processor time of it and of whoever serves the files.</summary>
internal static class Fio
{
    private static readonly string[] Common = ["--readonly", "--thread", "--group_reporting", "--ioengine=psync", "--output-format=json", "--name=j"];

    public static async Task<LoadResult> RunAsync(string file, IReadOnlyList<string> job, IReadOnlyList<int> servers)
    {
        double before = ProcessTree.CpuSeconds(servers);
        using Process process = Process.Start(new ProcessStartInfo("fio", [.. Common, "--filename=" + file, .. job]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("fio did not start.");
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"fio {string.Join(' ', job)} ended with {process.ExitCode}: {output}");
        // Notes of fio may stand before the JSON.
        using JsonDocument report = JsonDocument.Parse(output[output.IndexOf('{')..]);
        JsonElement done = report.RootElement.GetProperty("jobs")[0];
        JsonElement read = done.GetProperty("read");
        double bytes = read.GetProperty("io_bytes").GetInt64();
        double seconds = read.GetProperty("runtime").GetDouble() / 1000;
        double own = (done.GetProperty("usr_cpu").GetDouble() + done.GetProperty("sys_cpu").GetDouble()) / 100 * done.GetProperty("job_runtime").GetDouble() / 1000;
        return new LoadResult(seconds, bytes, read.GetProperty("total_ios").GetInt64(), own + ProcessTree.CpuSeconds(servers) - before);
    }
}
