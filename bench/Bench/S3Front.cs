using System.Diagnostics;
using Amazon.S3.Model;
using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench;

/// <summary>The S3 endpoint: hot GETs against nginx, s3rver and radosgw serving the same bytes; PUTs, see <see cref="S3Puts"/>; keys listed a second.</summary>
internal static class S3Front
{
    public const string Key = "BENCHKEY";
    public const string Secret = "benchsecret";
    private const int PageKeys = 1000;

    private static readonly (string Name, long Size)[] Files = [("4KiB", 4 << 10), ("100KiB", 100 << 10), ("1MiB", 1 << 20), ("256MiB", 256 << 20)];

    public static async Task RunAsync(int rounds, double seconds, string? only, string? size, int objects)
    {
        Environment.SetEnvironmentVariable("BENCH_S3_SECRET", Secret);
        if (only is null or "get")
            await GetsAsync(rounds, seconds, [.. Files.Where(file => size is null || file.Name == size)]);
        if (only is null or "put")
            await S3Puts.RunAsync(rounds, objects);
        if (only is null or "list")
            await ListAsync(rounds, seconds, objects);
    }

    private static async Task GetsAsync(int rounds, double seconds, (string Name, long Size)[] sizes)
    {
        using var data = new Workspace();
        foreach ((string name, long size) in sizes)
            data.WriteSourceFile("bucket/" + name, size);
        Workspace.LetVersionsSettle();
        await using NginxServer nginx = await NginxServer.StartAsync(data.Source);
        int port = FreePort.Next();
        await using NodeServer node = await NodeServer.StartAsync(
            "--mount", $"/=file://{data.Source}", "--store", $"{data.Store}=2GiB", "--s3-port", $"{port}", "--s3-key", $"{Key},secret=env:BENCH_S3_SECRET", "--s3-bucket", "public=/bucket,public");
        var url = new Uri($"http://127.0.0.1:{port}/");
        await using var signed = new S3Endpoint("node, signed", url, "bucket", Key, Secret, node.ProcessIds, S3Signing.Headers);
        await using var presigned = new S3Endpoint("node, presigned", url, "bucket", Key, Secret, node.ProcessIds, S3Signing.Url);
        await using var anonymous = new S3Endpoint("node, anonymous", url, "public", Key, Secret, node.ProcessIds, S3Signing.None);
        await using ObjectStoreServer radosgw = await ObjectStoreServer.StartAsync();
        await using ObjectStoreServer s3rver = await ObjectStoreServer.StartAsync("s3rver");
        foreach ((string name, long _) in sizes)
        {
            byte[] content = await File.ReadAllBytesAsync(Path.Combine(data.Source, "bucket", name));
            await radosgw.Endpoint.PutAsync(name, content);
            await s3rver.Endpoint.PutAsync(name, content);
        }
        Table againstNginx = Comparison.NewTable(), againstStores = Comparison.NewTable("store");
        foreach ((string name, _) in sizes)
        {
            foreach (int connections in (int[])[1, 8])
            {
                foreach (S3Endpoint endpoint in (S3Endpoint[])[signed, presigned, anonymous])
                {
                    await Wrk.RunAsync(endpoint, name, connections, 1);
                    var comparison = new Comparison();
                    await comparison.RunAsync(rounds, () => Wrk.RunAsync(nginx, "bucket/" + name, connections, seconds), () => Wrk.RunAsync(endpoint, name, connections, seconds));
                    comparison.AddTo(againstNginx, $"{name}, {connections} conn, {endpoint.Name}");
                }
                foreach (ObjectStoreServer store in (ObjectStoreServer[])[radosgw, s3rver])
                {
                    var comparison = new Comparison();
                    await comparison.RunAsync(1, () => Wrk.RunAsync(store.Endpoint, name, connections, seconds), () => Wrk.RunAsync(signed, name, connections, seconds));
                    comparison.AddTo(againstStores, $"{name}, {connections} conn, {store.Endpoint.Name}");
                }
            }
        }
        againstNginx.Print();
        againstStores.Print();
    }

    private static async Task ListAsync(int rounds, double seconds, int objects)
    {
        using var data = new Workspace();
        for (int i = 0; i < objects; i++)
            data.WriteSourceFile($"bucket/d{i % 10}/{i:d6}.tar", 1);
        int port = FreePort.Next();
        await using NodeServer node = await NodeServer.StartAsync(
            "--mount", $"/=file://{data.Source}", "--store", $"{data.Store}=1GiB", "--s3-port", $"{port}", "--s3-key", $"{Key},secret=env:BENCH_S3_SECRET", "--s3-bucket", "public=/bucket,public");
        await using var endpoint = new S3Endpoint("node", new Uri($"http://127.0.0.1:{port}/"), "bucket", Key, Secret, node.ProcessIds, S3Signing.Headers);
        var hot = new List<double>();
        double cold = await TimeAsync(() => ListAllAsync(endpoint, objects));
        for (int round = 0; round < rounds; round++)
            hot.Add(objects / await TimeAsync(() => ListAllAsync(endpoint, objects)));
        // The SDK reads a page more slowly than the node writes it: what the node can do is seen without it.
        await using var anonymous = new S3Endpoint("node", endpoint.Url, "public", Key, Secret, node.ProcessIds, S3Signing.None);
        string script = await PagesScriptAsync(endpoint, data);
        await Wrk.RunAsync(anonymous, "", 1, 2, script);
        List<double> one = [], eight = [];
        for (int round = 0; round < rounds; round++)
        {
            one.Add(await KeysAsync(1));
            eight.Add(await KeysAsync(8));
        }
        var table = new Table($"LIST of {objects} keys, pages of 1000", "keys/s");
        table.Add("the first time, AWS's SDK", $"{objects / cold:0}");
        table.Add("hot, AWS's SDK", Median.WithSpread(hot, "0"));
        table.Add("hot, pages asked for by wrk, 1 connection", Median.WithSpread(one, "0"));
        table.Add("hot, pages asked for by wrk, 8 connections", Median.WithSpread(eight, "0"));
        table.Print();

        async Task<double> KeysAsync(int connections)
        {
            LoadResult result = await Wrk.RunAsync(anonymous, "", connections, seconds, script);
            return result.Requests * PageKeys / result.Seconds;
        }
    }

    /// <summary>Asks for every full page in turn.</summary>
    private static async Task<string> PagesScriptAsync(S3Endpoint endpoint, Workspace data)
    {
        var targets = new List<string>();
        string last = "";
        for (ListObjectsV2Response? page = null; page?.IsTruncated != false;)
        {
            page = await endpoint.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = endpoint.Bucket, StartAfter = last });
            if (page.S3Objects.Count == PageKeys)
                targets.Add($"'/public?list-type=2&start-after={last}'");
            last = page.S3Objects[^1].Key;
        }
        string script = Path.Combine(data.Source, "pages.lua");
        await File.WriteAllTextAsync(script, $"local t = {{{string.Join(',', targets)}}}\nlocal i = 0\nrequest = function() i = i % #t + 1; return wrk.format('GET', t[i]) end\n");
        return script;
    }

    private static async Task ListAllAsync(S3Endpoint endpoint, int expected)
    {
        var request = new ListObjectsV2Request { BucketName = endpoint.Bucket };
        int found = 0;
        ListObjectsV2Response page;
        do
        {
            page = await endpoint.Client.ListObjectsV2Async(request);
            found += page.S3Objects.Count;
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
        if (found != expected)
            throw new InvalidOperationException($"{found} keys instead of {expected} were listed.");
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
