using System.Diagnostics;
using Amazon.S3.Model;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>
/// PUTs written through to radosgw: against radosgw itself, and against nginx in between, which passes everything on and looks at nothing. They take turns at being first, and what
/// one has written is deleted before the next: a store grows slower as it fills, and this one holds 8 GiB.
/// </summary>
internal static class S3Puts
{
    private const int SmallSize = 100 << 10;
    private const int LargeSize = 64 << 20;
    private const int LargePuts = 4;
    private const int Writers = 16;
    private const int WarmUps = 3;
    private const int WarmUpObjects = 300;

    /// <summary>S3's limit of one request.</summary>
    private const int MaxDeletions = 1000;

    public static async Task RunAsync(int rounds, int objects)
    {
        using var data = new Workspace();
        await using ObjectStoreServer store = await ObjectStoreServer.StartAsync();
        int port = FreePort.Next();
        await using NodeServer node = await NodeServer.StartAsync(
            "--mount", $"/bucket={store.Mount.Replace("mode=immutable", "rw", StringComparison.Ordinal)}", "--store", $"{data.Store}=2GiB", "--s3-port", $"{port}", "--s3-key", $"{S3Front.Key},secret=env:BENCH_S3_SECRET");
        await using var through = new S3Endpoint("node", new Uri($"http://127.0.0.1:{port}/"), "bucket", S3Front.Key, S3Front.Secret, node.ProcessIds, S3Signing.Headers);
        await using NginxServer nginx = await NginxServer.StartProxyAsync(store.Url);
        await using var passing = new S3Endpoint("nginx", new Uri(nginx.UrlOf("")), ObjectStoreServer.Bucket, ObjectStoreServer.Key, ObjectStoreServer.Key, nginx.ProcessIds, S3Signing.Headers);
        S3Endpoint[] ways = [store.Endpoint, passing, through];
        byte[] large = new byte[LargeSize], small = new byte[SmallSize];
        new Random(1).NextBytes(large);
        new Random(2).NextBytes(small);
        // All compile their code while they run it.
        for (int i = 0; i < WarmUps; i++)
        {
            foreach (S3Endpoint way in ways)
            {
                await PutAsync(store, way, large, 1);
                await PutAsync(store, way, small, WarmUpObjects);
            }
        }
        Puts[,] ofLarge = new Puts[rounds, ways.Length], ofSmall = new Puts[rounds, ways.Length];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < ways.Length; i++)
            {
                int turn = (round + i) % ways.Length;
                ofLarge[round, turn] = await PutAsync(store, ways[turn], large, LargePuts);
            }
            for (int i = 0; i < ways.Length; i++)
            {
                int turn = (round + i) % ways.Length;
                ofSmall[round, turn] = await PutAsync(store, ways[turn], small, objects);
            }
        }
        var table = new Table("PUT to radosgw", "directly", "through nginx", "ratio", "through the node", "ratio", "node / nginx", "CPU of node / nginx, ms a PUT", "ratios of the rounds");
        Add(table, "64 MiB, MiB/s", ofLarge, LargeSize >> 20);
        Add(table, $"{objects} x 100 KiB, objects/s", ofSmall, 1);
        table.Print();
    }

    private static void Add(Table table, string row, Puts[,] measured, double amount)
    {
        Puts[] Of(int way) => [.. Enumerable.Range(0, measured.GetLength(0)).Select(round => measured[round, way])];
        Puts[] direct = Of(0), nginx = Of(1), node = Of(2);
        string Rate(Puts[] puts) => $"{amount * Median.Of(puts.Select(p => p.Rate)):0}";
        double[] Ratios(Puts[] of, Puts[] to) => [.. of.Zip(to, (o, t) => o.Rate / t.Rate)];
        string Cost(Puts[] puts) => $"{Median.Of(puts.Select(p => p.CpuMilliseconds)):0.00}";
        table.Add(
            row, Rate(direct), Rate(nginx), Median.WithSpread(Ratios(nginx, direct), "0.00"), Rate(node), Median.WithSpread(Ratios(node, direct), "0.00"),
            Median.WithSpread(Ratios(node, nginx), "0.00"), $"{Cost(node)} / {Cost(nginx)}", string.Join(' ', Ratios(node, direct).Select(ratio => $"{ratio:0.00}")));
    }

    /// <summary>A content so many times, each under a name of its own, which are deleted then.</summary>
    private static async Task<Puts> PutAsync(ObjectStoreServer store, S3Endpoint way, byte[] content, int count)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(i => $"{way.Name}/{content.Length}/{i:d6}")];
        // One of the large ones at a time, as the goal has it.
        var options = new ParallelOptions { MaxDegreeOfParallelism = content.Length == LargeSize ? 1 : Writers };
        double cpu = ProcessTree.CpuSeconds(way.ProcessIds);
        long start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(names, options, async (name, _) => await way.PutAsync(name, content));
        var puts = new Puts(count / Stopwatch.GetElapsedTime(start).TotalSeconds, (ProcessTree.CpuSeconds(way.ProcessIds) - cpu) * 1000 / count);
        foreach (string[] some in names.Chunk(MaxDeletions))
            await store.Client.DeleteObjectsAsync(new DeleteObjectsRequest { BucketName = ObjectStoreServer.Bucket, Objects = [.. some.Select(name => new KeyVersion { Key = name })] });
        return puts;
    }

    /// <param name="Rate">A second.</param>
    /// <param name="CpuMilliseconds">Of who was asked, for each.</param>
    private readonly record struct Puts(double Rate, double CpuMilliseconds);
}
