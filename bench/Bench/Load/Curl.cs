using System.Diagnostics;
using System.Globalization;

namespace Orleans.Cache.Bench.Load;

/// <summary>One download by curl: total seconds, seconds to the first byte of the body, bytes.</summary>
internal readonly record struct Download(double Seconds, double FirstByteSeconds, double Bytes)
{
    public double MiBPerSecond => Bytes / Seconds / (1024 * 1024);
}

internal static class Curl
{
    public static async Task<Download> GetAsync(string url)
    {
        using Process curl = Process.Start(new ProcessStartInfo(
            "curl", ["-sS", "-f", "-o", "/dev/null", "-w", "%{time_total} %{time_starttransfer} %{size_download}", url])
        { RedirectStandardOutput = true })!;
        string[] figures = (await curl.StandardOutput.ReadToEndAsync()).Split(' ');
        await curl.WaitForExitAsync();
        if (curl.ExitCode != 0)
            throw new InvalidOperationException($"curl {url} ended with {curl.ExitCode}.");
        double[] values = [.. figures.Select(f => double.Parse(f, CultureInfo.InvariantCulture))];
        return new Download(values[0], values[1], values[2]);
    }
}
