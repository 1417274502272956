using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Bench.FirstReads;
using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>Why one wants this: a store 50 ms away that gives 100 MB/s a stream, read directly and through a node, the first time and the second.</summary>
internal static class S3Far
{
    private const int SmallSize = 100 << 10;
    private const int Readers = 32;
    private const int Streams = 8;

    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(50);

    public static async Task RunAsync(int rounds, int files)
    {
        await using ObjectStoreServer store = await ObjectStoreServer.StartAsync();
        await store.PutLargeAsync(LargeObject.Name, LargeObject.Size);
        byte[] content = new byte[SmallSize];
        new Random(1).NextBytes(content);
        await Parallel.ForAsync(0, files, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await store.PutAsync($"small/{i:d6}", content));
        await using var far = new FarProxy(store.Url, Latency, 100e6);
        using AmazonS3Client client = ObjectStoreServer.ClientOf(far.Url);
        using var data = new Workspace();
        await using NodeServer node = await NodeServer.StartAsync("--mount", $"/={ObjectStoreServer.MountAt(far.Url)}", "--store", $"{data.Store}=4GiB");
        var rates = new List<double>[4];
        var epochs = new List<double>[3];
        for (int i = 0; i < 4; i++)
            rates[i] = [];
        for (int i = 0; i < 3; i++)
            epochs[i] = [];
        // Once before it counts.
        await Curl.GetAsync(node.UrlOf(LargeObject.Name));
        for (int round = 0; round < rounds; round++)
        {
            rates[0].Add((await DirectReader.ReadAsync(client, 1)).MiBPerSecond);
            rates[1].Add((await DirectReader.ReadAsync(client, Streams)).MiBPerSecond);
            await node.FreeAllAsync();
            rates[2].Add((await Curl.GetAsync(node.UrlOf(LargeObject.Name))).MiBPerSecond);
            rates[3].Add((await Curl.GetAsync(node.UrlOf(LargeObject.Name))).MiBPerSecond);
            epochs[0].Add(await EpochAsync(files, name => ReadDirectlyAsync(client, name)));
            await node.FreeAllAsync();
            epochs[1].Add(await NodeEpochAsync(node, files));
            epochs[2].Add(await NodeEpochAsync(node, files));
        }
        var table = new Table($"store {Latency.TotalMilliseconds:0} ms away, 100 MB/s a stream", "directly", $"directly, {Streams} streams", "node, first time", "node, second time");
        table.Add("1 GiB object, one reader, MiB/s", Figure(rates[0]), Figure(rates[1]), Figure(rates[2]), Figure(rates[3]));
        table.Add($"{files} objects of 100 KiB, {Readers} readers, objects/s", Figure(epochs[0]), "", Figure(epochs[1]), Figure(epochs[2]));
        table.Print();
    }

    private static string Figure(List<double> values) => Median.WithSpread(values, "0");

    private static async Task<double> NodeEpochAsync(NodeServer node, int files)
    {
        using var http = new HttpClient();
        return await EpochAsync(files, async name =>
        {
            using HttpResponseMessage answer = await http.GetAsync(node.UrlOf(name), HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            await answer.Content.CopyToAsync(Stream.Null);
        });
    }

    private static async Task ReadDirectlyAsync(AmazonS3Client client, string name)
    {
        using GetObjectResponse answer = await client.GetObjectAsync(ObjectStoreServer.Bucket, name);
        await answer.ResponseStream.CopyToAsync(Stream.Null);
    }

    /// <summary>Objects a second.</summary>
    private static async Task<double> EpochAsync(int files, Func<string, Task> read)
    {
        long start = TimeProvider.System.GetTimestamp();
        await Parallel.ForAsync(0, files, new ParallelOptions { MaxDegreeOfParallelism = Readers }, async (i, _) => await read($"small/{i:d6}"));
        return files / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }
}
