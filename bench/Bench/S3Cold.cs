using Amazon.S3.Model;
using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>First reads from a real object store through a node, against the same SDK that the node uses, reading directly.</summary>
internal static class S3Cold
{
    private const long LargeSize = 1L << 30;
    private const int SmallSize = 100 << 10;
    private const int Readers = 32;
    private const int WarmUps = 6;

    public static async Task RunAsync(int rounds, int files)
    {
        await using ObjectStoreServer store = await ObjectStoreServer.StartAsync();
        await store.PutLargeAsync("large", LargeSize);
        using var data = new Workspace();
        await using NodeServer node = await NodeServer.StartAsync("--mount", $"/={store.Mount}", "--store", $"{data.Store}=4GiB");
        string kept = Directory.CreateDirectory(Path.Combine(data.Store, "..", "kept")).FullName;
        await using NginxServer nginx = await NginxServer.StartCacheAsync(store.Url, kept);
        await LargeAsync(store, node, nginx, kept, rounds);
        await SmallAsync(store, node, nginx, kept, rounds, files);
    }

    private static async Task LargeAsync(ObjectStoreServer store, NodeServer node, NginxServer nginx, string directory, int rounds)
    {
        List<Download> one = [], parallel = [], kept = [], cached = [], cold = [], hot = [];
        // Before it counts: both compile their code while they run it, in the background for some seconds, and here that takes the processors from what is measured
        // (41 % of the node's samples in its fourth read by perf, whose map of compiled code makes the compiler slower than it is).
        for (int i = 0; i < WarmUps; i++)
        {
            await node.FreeAllAsync();
            await Curl.GetAsync(node.UrlOf("large"));
            await DirectAsync(store, 1);
        }
        for (int round = 0; round < rounds; round++)
        {
            one.Add(await DirectAsync(store, 1));
            // The best of what was tried: more streams than cores that serve them change nothing.
            Download four = await DirectAsync(store, 4), eight = await DirectAsync(store, 8);
            parallel.Add(four.MiBPerSecond > eight.MiBPerSecond ? four : eight);
            // What no cache can do without: the bytes into the same tmpfs. Nobody is served them.
            await using (FileStream file = new(directory + ".file", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.DeleteOnClose }))
                kept.Add(await DirectAsync(store, 8, file));
            // A cache that does nothing with what it keeps: no checksum, no parallel requests, no pages.
            cached.Add(await Curl.GetAsync(store.SignedFor(nginx, "large", round)));
            Empty(directory);
            await node.FreeAllAsync();
            await node.KnowAsync("large");
            cold.Add(await Curl.GetAsync(node.UrlOf("large")));
            hot.Add(await Curl.GetAsync(node.UrlOf("large")));
        }
        var table = new Table("1 GiB object from radosgw, MiB/s", "without the node", "node", "ratio");
        table.Add("the SDK, one stream", Rate(one), Rate(cold), Ratio(cold, one));
        table.Add("the SDK, best of 4 and 8 streams", Rate(parallel), Rate(cold), Ratio(cold, parallel));
        table.Add("the SDK, 8 streams that write a file, too", Rate(kept), Rate(cold), Ratio(cold, kept));
        table.Add("nginx's caching proxy", Rate(cached), Rate(cold), Ratio(cold, cached));
        table.Add("the SDK, one stream; the node's second time", Rate(one), Rate(hot), Ratio(hot, one));
        table.Add(
            "the SDK, first byte, ms", $"{Median.Of(one.Select(d => d.FirstByteSeconds * 1000)):0.0}", $"{Median.Of(cold.Select(d => d.FirstByteSeconds * 1000)):0.0}",
            Median.WithSpread([.. cold.Zip(one, (c, d) => c.FirstByteSeconds / d.FirstByteSeconds)], "0.00"));
        table.Print();
    }

    private static async Task SmallAsync(ObjectStoreServer store, NodeServer node, NginxServer nginx, string kept, int rounds, int files)
    {
        byte[] content = new byte[SmallSize];
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
            Empty(kept);
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

    private static void Empty(string directory)
    {
        foreach (string inside in Directory.GetDirectories(directory))
            Directory.Delete(inside, recursive: true);
    }

    private static async Task<double> TimeAsync(int files, Func<string, Task> read)
    {
        long start = TimeProvider.System.GetTimestamp();
        await Parallel.ForAsync(0, files, new ParallelOptions { MaxDegreeOfParallelism = Readers }, async (i, _) => await read(NameOf(i)));
        return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The object by so many streams, each reading an equal part of it from front to end.</summary>
    private static async Task<Download> DirectAsync(ObjectStoreServer store, int streams, FileStream? kept = null)
    {
        TimeProvider time = TimeProvider.System;
        long start = time.GetTimestamp(), part = LargeSize / streams;
        TimeSpan first = TimeSpan.MaxValue;
        await Parallel.ForAsync(0, streams, new ParallelOptions { MaxDegreeOfParallelism = streams }, async (i, token) =>
        {
            var request = new GetObjectRequest { BucketName = ObjectStoreServer.Bucket, Key = "large", ByteRange = new ByteRange(i * part, ((i + 1) * part) - 1) };
            using GetObjectResponse answer = await store.Client.GetObjectAsync(request, token);
            byte[] buffer = new byte[1 << 20];
            bool any = false;
            long position = i * part;
            for (int read; (read = await answer.ResponseStream.ReadAsync(buffer, token)) > 0; position += read)
            {
                if (kept is not null)
                    RandomAccess.Write(kept.SafeFileHandle, buffer.AsSpan(0, read), position);
                if (!any && i == 0)
                    first = time.GetElapsedTime(start);
                any = true;
            }
        });
        return new Download(time.GetElapsedTime(start).TotalSeconds, first.TotalSeconds, LargeSize);
    }

    private static string Rate(List<Download> downloads) => $"{Median.Of(downloads.Select(d => d.MiBPerSecond)):0}";

    private static string Ratio(List<Download> node, List<Download> direct) =>
        Median.WithSpread([.. node.Zip(direct, (n, d) => n.MiBPerSecond / d.MiBPerSecond)], "0.00");
}
