using Amazon.S3.Model;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.FirstReads;

/// <summary>Many readers of many small objects.</summary>
internal static class SmallObjects
{
    private const int Size = 100 << 10;
    private const int Readers = 32;

    public static async Task RunAsync(ObjectStoreServer store, NodeServer node, string kept, int rounds, int files)
    {
        await using NginxServer nginx = await NginxServer.StartCacheAsync(store.Url, kept);
        byte[] content = new byte[Size];
        new Random(1).NextBytes(content);
        await Parallel.ForAsync(0, files, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await store.PutAsync(NameOf(i), content));
        using var http = new HttpClient();
        List<double> direct = [], cached = [], cold = [], listed = [];
        for (int round = 0; round < rounds; round++)
        {
            direct.Add(await TimeAsync(files, async name =>
            {
                using GetObjectResponse answer = await store.Client.GetObjectAsync(ObjectStoreServer.Bucket, name);
                await answer.ResponseStream.CopyToAsync(Stream.Null);
            }));
            Dictionary<string, string> signed = Enumerable.Range(0, files).Select(NameOf).ToDictionary(name => name, name => store.SignedFor(nginx, name, round));
            cached.Add(await TimeAsync(files, name => ReadAsync(signed[name])));
            Workspace.Empty(kept);
            await node.FreeAllAsync();
            cold.Add(await TimeAsync(files, name => ReadAsync(node.UrlOf(name))));
            // As a training job does it: it lists its data set first. The time counts; the SDK was told the names.
            await node.FreeAllAsync();
            long start = TimeProvider.System.GetTimestamp();
            await node.ListAsync("small");
            double listing = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
            listed.Add(listing + await TimeAsync(files, name => ReadAsync(node.UrlOf(name))));
        }
        var table = new Table($"{files} objects of 100 KiB, {Readers} readers, objects/s", "without the node", "node", "ratio");
        table.Add(
            "the SDK", $"{Median.Of(direct.Select(s => files / s)):0}", $"{Median.Of(cold.Select(s => files / s)):0}",
            Median.WithSpread([.. cold.Zip(direct, (c, d) => d / c)], "0.00"));
        table.Add(
            "nginx's caching proxy", $"{Median.Of(cached.Select(s => files / s)):0}", $"{Median.Of(cold.Select(s => files / s)):0}",
            Median.WithSpread([.. cold.Zip(cached, (c, d) => d / c)], "0.00"));
        table.Add(
            "the SDK; the node lists before", $"{Median.Of(direct.Select(s => files / s)):0}", $"{Median.Of(listed.Select(s => files / s)):0}",
            Median.WithSpread([.. listed.Zip(direct, (c, d) => d / c)], "0.00"));
        table.Print();

        async Task ReadAsync(string url)
        {
            using HttpResponseMessage answer = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            await answer.Content.CopyToAsync(Stream.Null);
        }
    }

    private static string NameOf(int file) => $"small/{file:d6}";

    private static async Task<double> TimeAsync(int files, Func<string, Task> read)
    {
        long start = TimeProvider.System.GetTimestamp();
        await Parallel.ForAsync(0, files, new ParallelOptions { MaxDegreeOfParallelism = Readers }, async (i, _) => await read(NameOf(i)));
        return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }
}
