using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Orleans.Cache.Bench.Load;

/// <summary>What one run of a load showed.</summary>
internal readonly record struct LoadResult(double Seconds, double Bytes, double Requests, double CpuSeconds)
{
    public double MiBPerSecond => Bytes / Seconds / (1024 * 1024);

    public double CpuPerGiB => CpuSeconds / (Bytes / (1024.0 * 1024 * 1024));
}

/// <summary>wrk: a load generator that costs less than the servers it measures.</summary>
internal static partial class Wrk
{
    public static async Task<LoadResult> RunAsync(Servers.IServerUnderTest server, string path, int connections, double seconds, string? script = null)
    {
        string duration = seconds.ToString("0", CultureInfo.InvariantCulture) + "s";
        string[] arguments = ["-t", Math.Min(connections, 2).ToString(CultureInfo.InvariantCulture), "-c", $"{connections}", "-d", duration, "--timeout", "30s"];
        if (script is not null)
            arguments = [.. arguments, "-s", script];
        foreach (string header in server.HeadersOf(path))
            arguments = [.. arguments, "-H", header];
        double cpuBefore = Servers.ProcessTree.CpuSeconds(server.ProcessIds);
        using Process wrk = Process.Start(new ProcessStartInfo("wrk", [.. arguments, server.UrlOf(path)]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("wrk did not start; install it (Debian: wrk).");
        string report = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        double cpu = Servers.ProcessTree.CpuSeconds(server.ProcessIds) - cpuBefore;
        if (report.Contains("Non-2xx", StringComparison.Ordinal) || report.Contains("Socket errors", StringComparison.Ordinal))
            throw new InvalidOperationException($"{server.Name} failed under load:\n{report}");

        Match totals = Totals().Match(report);
        return new LoadResult(Seconds(totals.Groups["time"].Value), Bytes(totals.Groups["bytes"].Value), double.Parse(totals.Groups["requests"].Value), cpu);
    }

    private static double Seconds(string text) => text.EndsWith("ms", StringComparison.Ordinal)
        ? double.Parse(text[..^2]) / 1000
        : text.EndsWith('m') ? double.Parse(text[..^1]) * 60 : double.Parse(text[..^1]);

    private static double Bytes(string text) => double.Parse(text.TrimEnd('B', 'K', 'M', 'G', 'T')) * Math.Pow(1024, "BKMGT".IndexOf(text.Length > 1 ? text[^2] : 'B') is var p and > 0 ? p : 0);

    [GeneratedRegex(@"(?<requests>\d+) requests in (?<time>[\d.]+m?s?), (?<bytes>[\d.]+[KMGT]?B) read")]
    private static partial Regex Totals();
}
