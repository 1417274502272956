using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.Storages;

/// <summary>A node over a bucket, from its command line to its answers; between it and the store a proxy that counts and can die.</summary>
[NeedsServer(StorageServer.S3rver)]
public sealed class S3NodeTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _work = new();
    private readonly string _bucket = "node-" + Guid.NewGuid().ToString("N")[..12];
    private FaultProxy _proxy = null!;

    public async Task InitializeAsync()
    {
        StorageServer store = await StorageServer.SharedAsync(StorageServer.S3rver);
        _proxy = new FaultProxy(store.Url);
        using var client = new AmazonS3Client(StorageServer.Key, StorageServer.Key, new AmazonS3Config { ServiceURL = store.Url.ToString(), ForcePathStyle = true });
        await client.PutBucketAsync(_bucket);
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _work.Dispose();
    }

    [ServerFact]
    public async Task The_second_epoch_sends_the_store_nothing_at_all_and_a_dead_store_takes_nothing_that_is_cached()
    {
        await using NodeProcess node = await StartAsync($"/data=s3://{_bucket}/train,{Options},mode=immutable,rw,attempts=2");
        byte[][] files = [.. Enumerable.Range(0, 20).Select(i => Random(30_000 * (i + 1), i))];
        for (int i = 0; i < files.Length; i++)
            await PutAsync(node, $"/data/epoch/{i:d2}", files[i]);

        await ReadEpochAsync(node, files);
        int asked = _proxy.Requests.Count;
        await ReadEpochAsync(node, files);
        Assert.Equal(asked, _proxy.Requests.Count);

        _proxy.IsDead = true;
        await ReadEpochAsync(node, files);
        long slowest = 0;
        for (int i = 0; i < 12; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using HttpResponseMessage answer = await node.Http.GetAsync($"api/v1/files/data/unknown-{i}");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            slowest = i < 8 ? 0 : Math.Max(slowest, Stopwatch.GetTimestamp() - start);
        }
        Assert.True(Stopwatch.GetElapsedTime(0, slowest) < TimeSpan.FromSeconds(1), "A dead store does not fail fast.");
        await ReadEpochAsync(node, files);
        Assert.Equal(1, await node.GetMetricAsync("ocache_ufs_broken"));
        JsonElement mount = (await node.GetJsonAsync("api/v1/mounts")).GetProperty("mounts")[0];
        Assert.Equal("dead", mount.GetProperty("state").GetString());
        ProgramResult status = await node.OcacheAsync("status");
        Assert.Equal(1, status.ExitCode);
        Assert.Contains("counts as dead", status.Output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("health/ready")).StatusCode);
    }

    [ServerFact]
    public async Task What_was_not_sent_is_told_in_requests_bytes_and_money()
    {
        await using NodeProcess node = await StartAsync($"/data=s3://{_bucket}/saving,{Options},rw,mode=immutable", "--prices", "get=500,list=100,egress=1024");
        byte[][] files = [.. Enumerable.Range(0, 4).Select(i => Random(CacheLimits.MiB, i))];
        using var client = new AmazonS3Client(StorageServer.Key, StorageServer.Key, new AmazonS3Config { ServiceURL = _proxy.Url.ToString(), ForcePathStyle = true });
        for (int i = 0; i < files.Length; i++)
            await client.PutObjectAsync(new PutObjectRequest { BucketName = _bucket, Key = $"saving/epoch/{i:d2}", InputStream = new MemoryStream(files[i]), UseChunkEncoding = false });
        JsonElement before = default;
        for (int epoch = 0; epoch < 6; epoch++)
        {
            before = epoch == 5 ? (await node.GetJsonAsync("api/v1/cache")).GetProperty("saved") : before;
            await ReadEpochAsync(node, files);
        }
        JsonElement saved = (await node.GetJsonAsync("api/v1/cache")).GetProperty("saved");
        // Each further epoch saves its four GETs, its LIST and its bytes.
        Assert.Equal(5, saved.GetProperty("requests").GetInt64() - before.GetProperty("requests").GetInt64());
        Assert.Equal(5L * 4 * CacheLimits.MiB, saved.GetProperty("bytes").GetInt64());
        Assert.Equal((4 * 0.5m) + 0.1m + 4, saved.GetProperty("money").GetDecimal() - before.GetProperty("money").GetDecimal());
        Assert.Equal(saved.GetProperty("bytes").GetInt64(), await node.GetMetricAsync("ocache_saved_volume_bytes"));
        Assert.Contains("20 MiB of object stores", (await node.OcacheAsync("status")).Output, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task A_mount_that_says_serve_stale_outlives_its_store()
    {
        await using NodeProcess node = await StartAsync($"/data=s3://{_bucket}/stale,{Options},rw,ttl=100ms,serve-stale,attempts=1");
        byte[] content = Random(100_000, 1);
        await PutAsync(node, "/data/f", content);
        await node.ReadUntilCachedAsync("/data/f");
        _proxy.IsDead = true;
        await NodeProcess.UntilAsync(
            async () =>
            {
                Assert.Equal(content, await node.GetFileAsync("/data/f"));
                return await node.GetMetricAsync("ocache_ufs_errors_total") > 0;
            },
            "the belief in a store that is gone");
        using HttpResponseMessage never = await node.Http.GetAsync("api/v1/files/data/never-asked");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, never.StatusCode);
    }

    [ServerFact]
    public async Task What_is_written_through_the_node_is_in_the_store_and_its_traffic_in_the_metrics()
    {
        await using NodeProcess node = await StartAsync($"/data=s3://{_bucket},{Options},rw");
        byte[] content = Random(9 * CacheLimits.MiB, 1);
        await PutAsync(node, "/data/dir/a file + more", content);
        Assert.Equal(content, await node.GetFileAsync("/data/dir/a file + more"));
        JsonElement listing = await node.GetJsonAsync("api/v1/list/data/dir");
        Assert.Equal("/data/dir/a file + more", listing.GetProperty("entries")[0].GetProperty("path").GetString());

        using HttpResponseMessage deleted = await node.Http.DeleteAsync("api/v1/files/data/dir?recursive=true");
        Assert.True(deleted.IsSuccessStatusCode, await deleted.Content.ReadAsStringAsync());
        using HttpResponseMessage gone = await node.Http.GetAsync("api/v1/files" + NodeProcess.Encode("/data/dir/a file + more"));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);

        string metrics = await node.Http.GetStringAsync("metrics");
        Assert.True(Sample(metrics, "ocache_ufs_requests_total", "put") >= 4, "An upload of two parts is four requests.");
        Assert.Equal(content.Length, Sample(metrics, "ocache_ufs_volume_bytes_total", "put"));
        Assert.Equal(await node.GetMetricAsync("ocache_ufs_read_bytes_total"), Sample(metrics, "ocache_ufs_volume_bytes_total", "get"));
        foreach (string operation in (string[])["get", "head", "list", "put", "delete"])
            Assert.InRange(Sample(metrics, "ocache_ufs_wait_seconds_total", operation), 1e-5, 60);
        Assert.Equal(0, Sample(metrics, "ocache_ufs_wait_seconds_total", "copy"));
        Assert.DoesNotContain(StorageServer.Key, metrics + node.Errors + node.Banner + await node.Http.GetStringAsync("api/v1/config"), StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task A_comma_of_a_prefix_is_written_with_its_escape_and_everything_else_as_it_is()
    {
        const string Prefix = "one, two%20+ü";
        using var client = new AmazonS3Client(StorageServer.Key, StorageServer.Key, new AmazonS3Config { ServiceURL = _proxy.Url.ToString(), ForcePathStyle = true });
        await client.PutObjectAsync(new PutObjectRequest { BucketName = _bucket, Key = Prefix + "/f", InputStream = new MemoryStream([7]), UseChunkEncoding = false });
        await using NodeProcess node = await StartAsync($"/data=s3://{_bucket}/{Prefix.Replace(",", "%2C", StringComparison.Ordinal)},{Options}");
        Assert.Equal([7], await node.GetFileAsync("/data/f"));
        Assert.Equal(0, (await node.OcacheAsync("mount", "add", $"/more=s3://{_bucket}/{Prefix.Replace(",", "%2C", StringComparison.Ordinal)},{Options}")).ExitCode);
        Assert.Equal([7], await node.GetFileAsync("/more/f"));
    }

    [ServerFact]
    public async Task A_mount_that_cannot_be_used_is_refused_at_the_start_by_what_failed()
    {
        string none = await RefusalAsync($"/data=s3://no-such-bucket,{Options}");
        Assert.Contains("--mount /data", none, StringComparison.Ordinal);
        Assert.Contains("does not exist", none, StringComparison.Ordinal);
        Assert.Contains("credentials", await RefusalAsync($"/data=s3://{_bucket},endpoint={_proxy.Url},region=us-east-1,access-key=env:TEST_S3_OTHER,secret-key=env:TEST_S3_KEY"), StringComparison.Ordinal);
        Assert.Contains("cannot be reached", await RefusalAsync($"/data=s3://{_bucket},endpoint=http://127.0.0.1:1,access-key=env:TEST_S3_KEY,secret-key=env:TEST_S3_KEY"), StringComparison.Ordinal);
        string secret = await RefusalAsync($"/data=s3://{_bucket},access-key=AKIAEXAMPLE,secret-key=wJalrXUtnFEMI");
        Assert.Contains("env:VARIABLE", secret, StringComparison.Ordinal);
        Assert.DoesNotContain("wJalr", secret, StringComparison.Ordinal);
        Assert.DoesNotContain("AKIA", secret, StringComparison.Ordinal);
    }

    private string Options => $"endpoint={_proxy.Url},region=us-east-1,access-key=env:TEST_S3_KEY,secret-key=env:TEST_S3_KEY,timeout=2s";

    private static Dictionary<string, string> Secrets { get; } = new() { ["TEST_S3_KEY"] = StorageServer.Key, ["TEST_S3_OTHER"] = "somebody else" };

    private Task<NodeProcess> StartAsync(string mount, params string[] more) =>
        NodeProcess.StartAsync(NodeProcess.Info(["--mount", mount, "--store", $"{_work["pages"]}=256MiB", .. more], Secrets));

    private async Task<string> RefusalAsync(string mount)
    {
        ProgramResult refused = await Programs.RunAsync(Programs.Info("ocache-node", ["--mount", mount, "--store", $"{_work["pages"]}=256MiB", "--rest-port", "0"], Secrets));
        Assert.Equal(2, refused.ExitCode);
        Assert.Single(refused.Errors.TrimEnd().Split('\n'));
        return refused.Errors;
    }

    private static double Sample(string metrics, string name, string operation)
    {
        string line = Assert.Single(metrics.Split('\n'), l => l.StartsWith($"{name}{{mount=\"/data\",operation=\"{operation}\"}} ", StringComparison.Ordinal));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    private static async Task ReadEpochAsync(NodeProcess node, byte[][] files)
    {
        JsonElement listing = await node.GetJsonAsync("api/v1/list/data/epoch");
        Assert.Equal(files.Length, listing.GetProperty("entries").GetArrayLength());
        for (int i = 0; i < files.Length; i++)
            Assert.Equal(files[i], await node.GetFileAsync($"/data/epoch/{i:d2}"));
    }

    private static async Task PutAsync(NodeProcess node, string path, byte[] content)
    {
        using HttpResponseMessage put = await node.Http.PutAsync("api/v1/files" + NodeProcess.Encode(path), new ByteArrayContent(content));
        Assert.True(put.IsSuccessStatusCode, Encoding.UTF8.GetString(await put.Content.ReadAsByteArrayAsync()));
    }

    private static byte[] Random(int length, int seed)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }
}
