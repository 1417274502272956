using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.FirstReads;

/// <summary>
/// One reader of one large object, while store, node and reader share this machine's processors; with what each of them spent, and with others who stand between: the
/// direct read alone leaves them little.
/// </summary>
internal static class LargeObject
{
    public const string Name = "large";
    public const long Size = 1L << 30;

    private const int WarmUps = 6;

    public static async Task RunAsync(ObjectStoreServer store, NodeServer node, string directory, int rounds)
    {
        await using NginxServer proxy = await NginxServer.StartProxyAsync(store.Url, store.Url.Authority);
        await using NginxServer cache = await NginxServer.StartCacheAsync(store.Url, directory);
        List<Spent> one = [], parallel = [], kept = [], passed = [], cached = [], cold = [], hot = [];
        // Before it counts: both compile their code while they run it, in the background for some seconds, and here that takes the processors from what is measured
        // (41 % of the node's samples in its fourth read by perf, whose map of compiled code makes the compiler slower than it is).
        for (int i = 0; i < WarmUps; i++)
        {
            await node.FreeAllAsync();
            await Curl.GetAsync(node.UrlOf(Name));
            await DirectReader.ReadAsync(store.Client, 1);
        }
        for (int round = 0; round < rounds; round++)
        {
            one.Add(await Spent.OnAsync(store, null, () => DirectReader.ReadAsync(store.Client, 1)));
            parallel.Add(await Spent.OnAsync(store, null, () => DirectReader.ReadBestAsync(store.Client)));
            // What no cache can do without: the bytes into the same tmpfs. Nobody is served them.
            await using (FileStream file = new(directory + ".file", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.DeleteOnClose }))
                kept.Add(await Spent.OnAsync(store, null, () => DirectReader.ReadAsync(store.Client, 8, file)));
            // Who keeps nothing, and a cache that does nothing with what it keeps: no checksum, no parallel requests, no pages.
            passed.Add(await Spent.OnAsync(store, proxy, () => Curl.GetAsync(store.SignedFor(proxy, Name, round))));
            cached.Add(await Spent.OnAsync(store, cache, () => Curl.GetAsync(store.SignedFor(cache, Name, round))));
            Workspace.Empty(directory);
            await node.FreeAllAsync();
            await node.KnowAsync(Name);
            cold.Add(await Spent.OnAsync(store, node, () => Curl.GetAsync(node.UrlOf(Name))));
            hot.Add(await Spent.OnAsync(store, node, () => Curl.GetAsync(node.UrlOf(Name))));
        }
        await FirstByte.RunAsync(store, node);
        PrintRates(one, parallel, kept, passed, cached, cold, hot);
        PrintProcessors(("the SDK, one stream", one), ("through nginx", passed), ("nginx's caching proxy", cached), ("the node", cold), ("the node, second time", hot));
    }

    private static void PrintRates(List<Spent> one, List<Spent> parallel, List<Spent> kept, List<Spent> passed, List<Spent> cached, List<Spent> cold, List<Spent> hot)
    {
        var table = new Table("1 GiB object from radosgw, MiB/s", "without the node", "node", "ratio");
        table.Add("the SDK, one stream", Rate(one), Rate(cold), Ratio(cold, one));
        table.Add("the SDK, best of 4 and 8 streams", Rate(parallel), Rate(cold), Ratio(cold, parallel));
        table.Add("the SDK, 8 streams that write a file, too", Rate(kept), Rate(cold), Ratio(cold, kept));
        table.Add("through nginx, which keeps nothing", Rate(passed), Rate(cold), Ratio(cold, passed));
        table.Add("nginx's caching proxy", Rate(cached), Rate(cold), Ratio(cold, cached));
        table.Add("the SDK, one stream; the node's second time", Rate(one), Rate(hot), Ratio(hot, one));
        table.Print();
    }

    private static void PrintProcessors(params (string Name, List<Spent> Downloads)[] rows)
    {
        var table = new Table("processor seconds a GiB", "store", "between", "reader", "all", "seconds", $"of {Environment.ProcessorCount} processors");
        foreach ((string name, List<Spent> downloads) in rows)
        {
            table.Add(
                name, Seconds(downloads.Select(d => d.Store)), Seconds(downloads.Select(d => d.Between)), Seconds(downloads.Select(d => d.Client)), Seconds(downloads.Select(d => d.All)),
                Seconds(downloads.Select(d => d.Download.Seconds)), $"{Median.Of(downloads.Select(d => d.All / d.Download.Seconds / Environment.ProcessorCount)):0%}");
        }
        table.Print();
    }

    public static string Rate(IEnumerable<Spent> downloads) => $"{Median.Of(downloads.Select(d => d.MiBPerSecond)):0}";

    public static string Ratio(List<Spent> node, List<Spent> direct) =>
        Median.WithSpread([.. node.Zip(direct, (n, d) => n.MiBPerSecond / d.MiBPerSecond)], "0.00");

    private static string Seconds(IEnumerable<double> values) => $"{Median.Of(values):0.00}";
}
