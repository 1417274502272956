using System.Net;
using System.Net.Http.Headers;
using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Client;
using Orleans.Cache.Node.Tests.S3;
using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.Storages;

/// <summary>What the first read of an object that nobody listed costs of requests to a real store, counted between the node and the store.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class FirstReadTests : IAsyncLifetime
{
    private static readonly int[] Lengths = [1, 1000, 100 * CacheLimits.KiB, CacheLimits.MiB];

    private readonly TemporaryDirectory _work = new();
    private readonly string _bucket = "first-" + Guid.NewGuid().ToString("N")[..12];
    private FaultProxy _proxy = null!;
    private NodeProcess _node = null!;
    private AmazonS3Client _direct = null!;

    /// <summary>Of what the tests ask for: the node may still be looking for the file that its banner names.</summary>
    private string[] Sent => [.. _proxy.Requests.Where(r => r.Target.Contains("dir", StringComparison.Ordinal) || r.Target.Contains("none", StringComparison.Ordinal)).Select(r => r.Method)];

    public async Task InitializeAsync()
    {
        if (StorageServer.WhyMissing(StorageServer.Radosgw) is not null)
            return;
        _proxy = new FaultProxy((await StorageServer.SharedAsync(StorageServer.Radosgw)).Url);
        _direct = await RadosgwS3Node.NewStoreClientAsync();
        await _direct.PutBucketAsync(_bucket);
        // The node looks for a first file to name in its banner, and lists what is on the way there.
        await PutAsync("a/named", [1]);
        for (int i = 0; i < Lengths.Length; i++)
            await PutAsync($"dir/{i}", Random(Lengths[i], i));
        await PutAsync("dir/large", Random(5 * CacheLimits.MiB, 9));
        _node = await StartAsync();
        _proxy.Requests.Clear();
    }

    public async Task DisposeAsync()
    {
        _direct?.Dispose();
        if (_node is not null)
            await _node.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        _work.Dispose();
    }

    [ServerFact]
    public async Task Each_file_costs_one_GET_through_REST_and_the_second_epoch_nothing()
    {
        for (int epoch = 0; epoch < 2; epoch++)
        {
            for (int i = 0; i < Lengths.Length; i++)
                Assert.Equal(Random(Lengths[i], i), await _node.GetFileAsync($"/data/dir/{i}"));
        }
        Assert.Equal(["GET", "GET", "GET", "GET"], Sent);
        Assert.Equal((4, 0), (await RequestsAsync("get"), await RequestsAsync("head")));
        Assert.Equal((4, 0), (await _node.GetMetricAsync("ocache_ufs_reads_total"), await _node.GetMetricAsync("ocache_ufs_stats_total")));
    }

    [ServerFact]
    public async Task Each_file_costs_one_GET_through_the_client()
    {
        await using CacheClient client = await CacheClient.ConnectAsync(_node.Rest);
        for (int epoch = 0; epoch < 2; epoch++)
        {
            for (int i = 0; i < Lengths.Length; i++)
            {
                await using CacheReadStream stream = await client.OpenReadAsync($"/data/dir/{i}");
                using var all = new MemoryStream();
                await stream.CopyToAsync(all);
                Assert.Equal(Random(Lengths[i], i), all.ToArray());
            }
        }
        Assert.Equal(["GET", "GET", "GET", "GET"], Sent);
    }

    [ServerFact]
    public async Task A_hundred_clients_at_once_cost_one_GET()
    {
        byte[][] read = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _node.GetFileAsync("/data/dir/2")));
        Assert.All(read, r => Assert.Equal(Random(Lengths[2], 2), r));
        Assert.Equal(["GET"], Sent);
    }

    [ServerFact]
    public async Task A_larger_object_costs_its_bytes_once_and_no_HEAD()
    {
        Assert.Equal(Random(5 * CacheLimits.MiB, 9), await _node.GetFileAsync("/data/dir/large"));
        Assert.All(Sent, method => Assert.Equal("GET", method));
        Assert.Equal("bytes=0-1048575", _proxy.Requests.First().Header("Range"));
        Assert.Equal(5 * CacheLimits.MiB, await _node.GetMetricAsync("ocache_ufs_read_bytes_total"));
    }

    [ServerFact]
    public async Task What_is_not_there_costs_the_GET_and_the_question_for_a_directory()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/data/none")).StatusCode);
        Assert.Equal(["GET", "GET"], Sent);
        Assert.Contains("list-type=2", _proxy.Requests.Last().Target, StringComparison.Ordinal);
        Assert.Equal((1, 0), (await RequestsAsync("get"), await RequestsAsync("head")));
    }

    [ServerFact]
    public async Task Who_wants_no_first_page_fetches_none()
    {
        using HttpResponseMessage status = await _node.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "api/v1/files/data/dir/large"));
        Assert.Equal(5 * CacheLimits.MiB, status.Content.Headers.ContentLength);
        Assert.Equal(["HEAD"], Sent);

        _proxy.Requests.Clear();
        Assert.Equal(HttpStatusCode.PartialContent, (await GetAsync("/data/dir/3", r => r.Headers.Range = new RangeHeaderValue(0, 9))).StatusCode);
        Assert.Equal(["HEAD", "GET"], Sent);
        Assert.Equal("bytes=0-9", _proxy.Requests.Last().Header("Range"));

        _proxy.Requests.Clear();
        await GetAsync("/data/dir/2", r => r.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"known\"")));
        Assert.Equal(["HEAD", "GET"], Sent);
    }

    [ServerFact]
    public async Task A_node_that_comes_back_fetches_nothing_that_it_has()
    {
        await _node.ReadUntilCachedAsync("/data/dir/2");
        await _node.DisposeAsync();
        _node = await StartAsync();
        _proxy.Requests.Clear();

        Assert.Equal(Random(Lengths[2], 2), await _node.GetFileAsync("/data/dir/2"));

        Assert.Equal(["HEAD"], Sent);
        Assert.Equal(0, await _node.GetMetricAsync("ocache_ufs_read_bytes_total"));
    }

    [ServerFact]
    public async Task A_body_that_breaks_off_goes_on_with_the_version_that_it_began_with()
    {
        int first = 0;
        _proxy.Faults = r => r.IsRead && Interlocked.Exchange(ref first, 1) == 0 ? new Fault { ResetAfter = 50_000 } : null;
        Assert.Equal(Random(Lengths[2], 2), await _node.GetFileAsync("/data/dir/2"));
        Assert.Equal(["GET", "GET"], Sent);
        Assert.NotNull(_proxy.Requests.Last().Header("If-Match"));
    }

    private Task<NodeProcess> StartAsync() => NodeProcess.StartAsync(NodeProcess.Info(
        ["--mount", $"/data=s3://{_bucket},endpoint={_proxy.Url},access-key=env:TEST_S3_KEY,secret-key=env:TEST_S3_KEY,mode=immutable,no-check", "--store", $"{_work["pages"]}=256MiB"],
        new Dictionary<string, string> { ["TEST_S3_KEY"] = StorageServer.Key }));

    private async Task<HttpResponseMessage> GetAsync(string path, Action<HttpRequestMessage>? with = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/files" + path);
        with?.Invoke(request);
        HttpResponseMessage answer = await _node.Http.SendAsync(request);
        await answer.Content.LoadIntoBufferAsync();
        return answer;
    }

    private async Task<double> RequestsAsync(string operation) => double.Parse(
        (await _node.Http.GetStringAsync("metrics")).Split('\n').Single(l => l.StartsWith($"ocache_ufs_requests_total{{mount=\"/data\",operation=\"{operation}\"}}", StringComparison.Ordinal)).Split(' ')[1],
        System.Globalization.CultureInfo.InvariantCulture);

    private async Task PutAsync(string key, byte[] content) => await _direct.PutObjectAsync(
        new PutObjectRequest { BucketName = _bucket, Key = key, InputStream = new MemoryStream(content), UseChunkEncoding = false });

    private static byte[] Random(int length, int seed)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }
}
