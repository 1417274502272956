using System.Globalization;
using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Mounting;

/// <summary>A mount with a quota beside one without, configured and added, before and after a restart.</summary>
public sealed class MountQuotaTests : IDisposable
{
    private const int Files = 16;
    private const int FileBytes = 2 * CacheLimits.MiB;

    private readonly TemporaryDirectory _source = new();
    private readonly TemporaryDirectory _work = new();

    public void Dispose()
    {
        _source.Dispose();
        _work.Dispose();
    }

    [Fact]
    public async Task A_mount_keeps_to_its_quota_and_leaves_others_alone_also_after_a_restart()
    {
        for (int i = 0; i < Files; i++)
        {
            _source.Write($"bounded/{i}", Content(i));
            _source.Write($"other/{i}", Content(100 + i));
        }
        await using (NodeProcess node = await StartAsync())
        {
            // Files that were just written are not kept: now none is that young.
            await node.ReadUntilCachedAsync($"/other/{Files - 1}");
            await ReadAllAsync(node, "/other", 100);
            await ReadAllAsync(node, "/bounded", 0);
            await ReadAllAsync(node, "/bounded", 0);
            JsonElement mounts = (await node.GetJsonAsync("api/v1/mounts")).GetProperty("mounts");
            Assert.InRange(mounts[0].GetProperty("cachedBytes").GetInt64(), 6 * CacheLimits.MiB, 10 * CacheLimits.MiB);
            Assert.Equal(10 * CacheLimits.MiB, mounts[0].GetProperty("quotaBytes").GetInt64());
            Assert.Equal((long)Files * FileBytes, mounts[1].GetProperty("cachedBytes").GetInt64());
            Assert.False(mounts[1].TryGetProperty("quotaBytes", out JsonElement none) && none.ValueKind != JsonValueKind.Null);
            Assert.Contains("of 10 MiB", (await node.OcacheAsync("mount", "ls")).Output, StringComparison.Ordinal);
            Assert.Contains("Quota     /bounded", (await node.OcacheAsync("status")).Output, StringComparison.Ordinal);
            string metrics = await node.Http.GetStringAsync("metrics");
            Assert.Contains("ocache_mount_quota_bytes{mount=\"/bounded\"} 10485760", metrics, StringComparison.Ordinal);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"ocache_mount_cached_bytes{{mount=\"/other\"}} {(long)Files * FileBytes}"), metrics, StringComparison.Ordinal);
            Assert.Equal(0, await node.StopAsync());
        }
        await using NodeProcess again = await StartAsync();
        await NodeProcess.UntilAsync(
            async () => (await again.GetJsonAsync("api/v1/mounts")).GetProperty("mounts")[1].GetProperty("cachedBytes").GetInt64() == (long)Files * FileBytes, "what was recovered to count");
        await ReadAllAsync(again, "/bounded", 0);
        JsonElement after = (await again.GetJsonAsync("api/v1/mounts")).GetProperty("mounts");
        Assert.InRange(after[0].GetProperty("cachedBytes").GetInt64(), 1, 10 * CacheLimits.MiB);
        Assert.Equal((long)Files * FileBytes, after[1].GetProperty("cachedBytes").GetInt64());
    }

    [Fact]
    public async Task A_quota_smaller_than_a_file_is_no_hindrance_to_its_readers_and_one_that_is_added_later_counts_what_is_there()
    {
        byte[] large = new byte[48 * CacheLimits.MiB];
        new Random(5).NextBytes(large);
        _source.Write("large/file", large);
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/={_source.Path}", "--store", $"{_work["pages"]}=256MiB");
        await MountAsync(node, "/m", _source["large"]);
        Assert.Equal(large, await node.GetFileAsync("/m/file"));
        await node.ReadUntilCachedAsync("/m/file");

        await MountAsync(node, "/m?replace=true", _source["large"], "quota=3MiB");
        await NodeProcess.UntilAsync(
            async () => (await node.GetJsonAsync("api/v1/mounts")).GetProperty("mounts")[1].GetProperty("cachedBytes").GetInt64() <= 3 * CacheLimits.MiB, "the quota to be kept to");
        for (int i = 0; i < 3; i++)
            Assert.Equal(large, await node.GetFileAsync("/m/file"));
        await MountAsync(node, "/m?replace=true", _source["large"], "quota=64KiB");
        Assert.Equal(large, await node.GetFileAsync("/m/file"));
        Assert.Equal(0, (await node.GetJsonAsync("api/v1/mounts")).GetProperty("mounts")[1].GetProperty("cachedBytes").GetInt64());
    }

    private static byte[] Content(int seed)
    {
        byte[] content = new byte[FileBytes];
        new Random(seed).NextBytes(content);
        return content;
    }

    private static async Task ReadAllAsync(NodeProcess node, string mount, int seed)
    {
        for (int i = 0; i < Files; i++)
            Assert.Equal(Content(seed + i), await node.GetFileAsync($"{mount}/{i}"));
    }

    private static async Task MountAsync(NodeProcess node, string path, string uri, params string[] options)
    {
        using HttpResponseMessage answer = await node.PutMountAsync(path, uri, options);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {await answer.Content.ReadAsStringAsync()}");
    }

    private Task<NodeProcess> StartAsync() => NodeProcess.StartAsync(
        "--mount", $"/bounded={_source["bounded"]},quota=10MiB", "--mount", $"/other={_source["other"]}", "--store", $"{_work["pages"]}=256MiB");
}
