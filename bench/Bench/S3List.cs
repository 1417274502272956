using System.Text.Json;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Bench;

/// <summary>A bucket of a million keys, listed through a node page by page, while its memory is watched.</summary>
internal static class S3List
{
    private const int Page = 10_000;

    public static async Task RunAsync(int keys)
    {
        await using var server = new ListingServer(keys);
        using var data = new Workspace();
        Environment.SetEnvironmentVariable("BENCH_S3_KEY", "key");
        await using NodeServer node = await NodeServer.StartAsync(
            "--mount", $"/=s3://listed,endpoint={server.Url},region=us-east-1,access-key=env:BENCH_S3_KEY,secret-key=env:BENCH_S3_KEY", "--store", $"{data.Store}=1GiB");
        using var http = new HttpClient();
        long before = node.RssAnon(), most = 0;
        int seen = 0;
        long start = TimeProvider.System.GetTimestamp();
        for (string? after = ""; after is not null;)
        {
            using JsonDocument page = JsonDocument.Parse(await http.GetByteArrayAsync($"{node.Rest}api/v1/list/data?limit={Page}&startAfter={after}"));
            JsonElement entries = page.RootElement.GetProperty("entries");
            seen += entries.GetArrayLength();
            after = entries.GetArrayLength() == Page ? entries[Page - 1].GetProperty("path").GetString()!.Split('/')[^1] : null;
            most = Math.Max(most, node.RssAnon());
        }
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        var table = new Table($"{keys:N0} keys through the S3 connector and REST, {Page:N0} a page", "figure");
        table.Add("keys that came", $"{seen:N0}");
        table.Add("keys/s", $"{seen / seconds:N0}");
        table.Add("requests to the store", $"{server.Requests:N0}");
        table.Add("anonymous memory of the node before, MiB", $"{before >> 20}");
        table.Add("the most while it listed, MiB", $"{most >> 20}");
        table.Print();
    }
}
