using Amazon.S3.Model;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.FirstReads;

/// <summary>From the request of the whole large object to its first byte, on a machine that does nothing else; the readers leave then.</summary>
internal static class FirstByte
{
    /// <summary>More than of the whole downloads: a wait of milliseconds has a wide spread.</summary>
    private const int Rounds = 30;

    /// <summary>What was asked for ahead of a reader who left has come in by then.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(300);

    public static async Task RunAsync(ObjectStoreServer store, NodeServer node)
    {
        using var http = new HttpClient();
        List<double> direct = [], cold = [];
        for (int round = 0; round < Rounds; round++)
        {
            direct.Add(await TimeAsync(async () =>
            {
                using GetObjectResponse answer = await store.Client.GetObjectAsync(ObjectStoreServer.Bucket, LargeObject.Name);
                await ReadOneAsync(answer.ResponseStream);
            }));
            await node.FreeAllAsync();
            await node.KnowAsync(LargeObject.Name);
            cold.Add(await TimeAsync(async () =>
            {
                using HttpResponseMessage answer = await http.GetAsync(node.UrlOf(LargeObject.Name), HttpCompletionOption.ResponseHeadersRead);
                await ReadOneAsync(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
            }));
        }
        double bound = (1.2 * Median.Of(direct)) + 2;
        var table = new Table("first byte of 1 GiB, ms", "the SDK", "node", "ratio", "goal: 1.2 x + 2 ms");
        table.Add(
            $"{Rounds} rounds", Median.WithSpread(direct, "0.0"), Median.WithSpread(cold, "0.0"), $"{Median.Of(cold.Zip(direct, (c, d) => c / d)):0.00}", $"{bound:0.0}");
        table.Print();
    }

    private static async Task ReadOneAsync(Stream body)
    {
        byte[] one = new byte[1];
        await body.ReadExactlyAsync(one);
    }

    private static async Task<double> TimeAsync(Func<Task> read)
    {
        await Task.Delay(Settling);
        long start = TimeProvider.System.GetTimestamp();
        await read();
        return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
    }
}
