using Amazon.S3;
using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.FirstReads;

/// <summary>The large object over a line that is slower than the processors: what a node adds where they are not what everybody waits for.</summary>
internal static class LimitedLine
{
    /// <param name="store">Behind the line.</param>
    /// <param name="line">The line.</param>
    /// <param name="node">Mounts it.</param>
    /// <param name="mount">Where.</param>
    /// <param name="bytesPerSecond">What it carries.</param>
    /// <param name="rounds">Interleaved rounds.</param>
    public static async Task RunAsync(ObjectStoreServer store, FarProxy line, NodeServer node, string mount, double bytesPerSecond, int rounds)
    {
        using AmazonS3Client client = ObjectStoreServer.ClientOf(line.Url);
        string name = $"{mount}/{LargeObject.Name}";
        List<Spent> one = [], parallel = [], cold = [], hot = [];
        // Once before it counts.
        await Curl.GetAsync(node.UrlOf(name));
        await DirectReader.ReadAsync(client, 1);
        for (int round = 0; round < rounds; round++)
        {
            one.Add(await Spent.OnAsync(store, null, () => DirectReader.ReadAsync(client, 1)));
            parallel.Add(await Spent.OnAsync(store, null, () => DirectReader.ReadBestAsync(client)));
            await node.FreeAllAsync();
            cold.Add(await Spent.OnAsync(store, node, () => Curl.GetAsync(node.UrlOf(name))));
            hot.Add(await Spent.OnAsync(store, node, () => Curl.GetAsync(node.UrlOf(name))));
        }
        var table = new Table($"1 GiB object over a line of {bytesPerSecond / 1e6:0} MB/s in all, MiB/s", "without the node", "node", "ratio");
        table.Add("the SDK, one stream", LargeObject.Rate(one), LargeObject.Rate(cold), LargeObject.Ratio(cold, one));
        table.Add("the SDK, best of 4 and 8 streams", LargeObject.Rate(parallel), LargeObject.Rate(cold), LargeObject.Ratio(cold, parallel));
        table.Add("the SDK, one stream; the node's second time", LargeObject.Rate(one), LargeObject.Rate(hot), LargeObject.Ratio(hot, one));
        table.Print();
    }
}
