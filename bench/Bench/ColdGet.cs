using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;
using Orleans.Cache.Pages;
using Orleans.Cache.UfsConnectors.Local;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Bench;

/// <summary>First reads: a large local file against nginx on the source itself, and a slow source (50 ms, 100 MB/s a stream) against one stream of it.</summary>
internal static class ColdGet
{
    private const long FileSize = 2L << 30;

    public static async Task RunAsync(int rounds, string? only)
    {
        using var data = new Workspace();
        data.WriteSourceFile("big", FileSize);
        Workspace.LetVersionsSettle();
        if (only is null or "local")
            await LocalAsync(data, rounds);
        if (only is null or "slow")
            await SlowAsync(data, Math.Min(rounds, 3));
    }

    private static async Task LocalAsync(Workspace data, int rounds)
    {
        await using NginxServer nginx = await NginxServer.StartAsync(data.Source);
        await using NodeServer node = await NodeServer.StartAsync("--mount", $"/=file://{data.Source}", "--store", $"{data.Store}=4GiB");
        List<Download> direct = [], cold = [], copied = [], kept = [];
        // Once before it counts: the node compiles its code while it runs it.
        await Curl.GetAsync(node.UrlOf("big"));
        for (int round = 0; round < rounds; round++)
        {
            direct.Add(await Curl.GetAsync(nginx.UrlOf("big")));
            await node.FreeAllAsync();
            kept.Add(Keep(data));
            copied.Add(await CopyAndServeAsync(data, nginx));
            cold.Add(await Curl.GetAsync(node.UrlOf("big")));
        }
        var table = new Table("2 GiB file://, cold", "baseline MiB/s", "node MiB/s", "ratio");
        table.Add(
            "nginx on the source", $"{Median.Of(direct.Select(d => d.MiBPerSecond)):0}", $"{Median.Of(cold.Select(d => d.MiBPerSecond)):0}",
            Median.WithSpread([.. cold.Zip(direct, (c, d) => c.MiBPerSecond / d.MiBPerSecond)], "0.00"));
        table.Add(
            "a copy with checksums, for nobody", $"{Median.Of(kept.Select(d => d.MiBPerSecond)):0}", $"{Median.Of(cold.Select(d => d.MiBPerSecond)):0}",
            Median.WithSpread([.. cold.Zip(kept, (c, d) => c.MiBPerSecond / d.MiBPerSecond)], "0.00"));
        table.Add(
            "cp, then nginx on the copy", $"{Median.Of(copied.Select(d => d.MiBPerSecond)):0}", $"{Median.Of(cold.Select(d => d.MiBPerSecond)):0}",
            Median.WithSpread([.. cold.Zip(copied, (c, d) => c.MiBPerSecond / d.MiBPerSecond)], "0.00"));
        table.Print();
    }

    /// <summary>What keeping the pages takes by itself, nobody being served: a loop that reads, sums and writes.</summary>
    private static Download Keep(Workspace data)
    {
        string copy = Path.Combine(data.Source, "copy");
        byte[] page = new byte[CacheLimits.MiB];
        uint sums = 0;
        long start = TimeProvider.System.GetTimestamp();
        using (SafeFileHandle from = File.OpenHandle(Path.Combine(data.Source, "big")), to = File.OpenHandle(copy, FileMode.Create, FileAccess.Write))
        {
            for (long offset = 0; RandomAccess.Read(from, page, offset) is var read and > 0; offset += read)
            {
                sums ^= Crc32C.Compute(page.AsSpan(0, read));
                RandomAccess.Write(to, page.AsSpan(0, read), offset);
            }
        }
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        GC.KeepAlive(sums);
        File.Delete(copy);
        return new Download(seconds, 0, FileSize);
    }

    /// <summary>What any cache on this machine has to do at least, one after the other: keep a copy, and serve it.</summary>
    private static async Task<Download> CopyAndServeAsync(Workspace data, NginxServer nginx)
    {
        string copy = Path.Combine(data.Source, "copy");
        long start = TimeProvider.System.GetTimestamp();
        using (Process cp = Process.Start("cp", ["--sparse=never", "--reflink=never", Path.Combine(data.Source, "big"), copy]))
            await cp.WaitForExitAsync();
        double copying = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        Download served = await Curl.GetAsync(nginx.UrlOf("copy"));
        File.Delete(copy);
        return served with { Seconds = copying + served.Seconds };
    }

    private static async Task SlowAsync(Workspace data, int rounds)
    {
        await using NodeServer node = await NodeServer.StartAsync(
            "--mount", $"/=file://{data.Source},latency=50ms,bandwidth=100MB", "--store", $"{data.Store}=4GiB");
        List<Download> direct = [], cold = [], known = [];
        for (int round = 0; round < rounds; round++)
        {
            direct.Add(await OneStreamAsync(data));
            await node.FreeAllAsync();
            cold.Add(await Curl.GetAsync(node.UrlOf("big")));
            // The same when the file's status is believed, as after a listing: then the fill is all there is to wait for.
            await node.FreeAllAsync();
            await node.KnowAsync("big");
            known.Add(await Curl.GetAsync(node.UrlOf("big")));
        }
        var table = new Table("2 GiB behind 50 ms, 100 MB/s a stream", "one stream", "node", "ratio");
        table.Add(
            "MiB/s", $"{Median.Of(direct.Select(d => d.MiBPerSecond)):0}", $"{Median.Of(cold.Select(d => d.MiBPerSecond)):0}",
            Median.WithSpread([.. cold.Zip(direct, (c, d) => c.MiBPerSecond / d.MiBPerSecond)], "0.00"));
        table.Add(
            "first byte, ms", $"{Median.Of(direct.Select(d => d.FirstByteSeconds * 1000)):0.0}", $"{Median.Of(cold.Select(d => d.FirstByteSeconds * 1000)):0.0}",
            Median.WithSpread([.. cold.Zip(direct, (c, d) => c.FirstByteSeconds / d.FirstByteSeconds)], "0.00"));
        table.Add(
            "first byte, ms, status known", $"{Median.Of(direct.Select(d => d.FirstByteSeconds * 1000)):0.0}", $"{Median.Of(known.Select(d => d.FirstByteSeconds * 1000)):0.0}",
            Median.WithSpread([.. known.Zip(direct, (c, d) => c.FirstByteSeconds / d.FirstByteSeconds)], "0.00"));
        table.Print();
    }

    /// <summary>The slow source read directly, front to end, by one reader in this process.</summary>
    private static async Task<Download> OneStreamAsync(Workspace data)
    {
        TimeProvider time = TimeProvider.System;
        await using var slow = new ThrottledUnderStorage(new LocalUnderStorage(data.Source, time), TimeSpan.FromMilliseconds(50), 100_000_000, time);
        byte[] buffer = new byte[1 << 20];
        long start = time.GetTimestamp(), read = 0;
        TimeSpan? first = null;
        await using IUfsReader reader = await slow.OpenReadAsync("big", null, 0, FileSize, default);
        int count;
        while ((count = await reader.ReadAsync(buffer, default)) > 0)
        {
            first ??= time.GetElapsedTime(start);
            read += count;
        }
        return new Download(time.GetElapsedTime(start).TotalSeconds, first!.Value.TotalSeconds, read);
    }
}
