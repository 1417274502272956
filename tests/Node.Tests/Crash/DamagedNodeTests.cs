using System.Net;
using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Crash;

/// <summary>Real nodes whose store directory is damaged, runs full or turns read-only under them: what they serve stays right.</summary>
public sealed class DamagedNodeTests(FilledStore filled) : IClassFixture<FilledStore>, IDisposable
{
    private const int Page = FilledStore.Page;
    private const int Files = FilledStore.FileCount;

    private readonly TemporaryDirectory _directory = new(onTmpfs: true);

    private string Store => _directory["store"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Damage_before_the_first_read_of_a_process_is_healed_from_the_source_and_counted(bool whileStopped)
    {
        filled.CopyTo(Store);
        int damaged = whileStopped ? DamageEveryFile() : 0;
        await using NodeProcess node = await StartAsync();
        damaged += whileStopped ? 0 : DamageEveryFile();

        await filled.CompareAllAsync(node);

        Assert.Equal(damaged, await StoreAsync(node, "healed"));
        // What was dropped came from the source, and nothing else did but what a fill of several pages brings along.
        Assert.InRange(await node.GetFigureAsync("bytesFromUnderStorage"), 1, (long)Files * FilledStore.Length);
        await filled.CompareAllAsync(node);
        Assert.Equal(damaged, await StoreAsync(node, "healed"));
    }

    [Fact]
    public async Task Damage_to_pages_long_verified_is_found_by_the_scrub()
    {
        filled.CopyTo(Store);
        await using NodeProcess node = await StartAsync("--scrub-period", "1s");
        await filled.CompareAllAsync(node);

        int damaged = DamageEveryFile();
        await UntilAsync(async () => await StoreAsync(node, "healed") >= damaged);

        await filled.CompareAllAsync(node);
        Assert.Equal(damaged, await StoreAsync(node, "healed"));
        Assert.True(await StoreAsync(node, "scrubPasses") > 0);
        Assert.Contains("ocache_store_scrubbed", await node.Http.GetStringAsync("metrics"), StringComparison.Ordinal);
    }

    /// <summary>Its pages were verified, so it is sent by sendfile, which finds it too short: one answer is cut, the next one is healed.</summary>
    [Fact]
    public async Task A_backing_file_truncated_under_a_running_node_never_makes_a_short_success()
    {
        filled.CopyTo(Store);
        await using NodeProcess node = await StartAsync("--scrub-period", "0");
        await filled.CompareAllAsync(node);
        foreach (string file in BackingFiles())
        {
            using FileStream truncated = File.OpenWrite(file);
            truncated.SetLength(3 * Page + 5);
        }
        int cut = 0;
        foreach ((string path, byte[] content) in filled.Contents)
        {
            try
            {
                Assert.Equal(content, await node.GetFileAsync(path));
            }
            catch (HttpRequestException)
            {
                cut++;
            }
        }
        await filled.CompareAllAsync(node);
        Assert.InRange(cut, 0, Files);
        Assert.True(await StoreAsync(node, "healed") >= 6 * Files);
    }

    [Theory]
    [InlineData("journal-*", 0)]
    [InlineData("snapshot-*", 0)]
    [InlineData("snapshot-*", 1)]
    [InlineData("snapshot-*", 2)]
    [InlineData("snapshot-*", 3)]
    [InlineData("names-*", 0)]
    [InlineData("names-*", 1)]
    [InlineData("names-*", 2)]
    public async Task Damaged_journals_snapshots_and_names_cost_pages_and_never_bytes(string files, int damage)
    {
        filled.CopyTo(Store);
        foreach (string file in Directory.GetFiles(Store, files))
            DamageLog(file, damage);
        await using (NodeProcess node = await StartAsync())
        {
            await filled.CompareAllAsync(node);
            Assert.Equal(0, await StoreAsync(node, "healed"));
            foreach (string path in filled.Contents.Keys)
                await node.ReadUntilCachedAsync(path);
            Assert.Equal(0, await node.StopAsync());
        }
        await using NodeProcess again = await StartAsync();
        // Files that lost their names are dropped by the sweep some time after the start, perhaps after they were filled again.
        Assert.InRange(await StoreAsync(again, "pages"), files == "names-*" || damage == 3 ? 0 : Files * FilledStore.PagesPerFile, Files * FilledStore.PagesPerFile);
        await filled.CompareAllAsync(again);
    }

    [MountFact]
    public async Task A_node_whose_store_s_disk_runs_full_goes_on_serving()
    {
        using SmallFileSystem disk = SmallFileSystem.Tmpfs(24 * Page);
        await using NodeProcess node = await filled.StartAsync(disk["store"]);
        for (int i = 0; i < 5; i++)
            await filled.CompareAllAsync(node);
        await File.WriteAllBytesAsync(disk["ballast"], new byte[4 * Page]).ContinueWith(_ => { }, TaskScheduler.Default);
        for (int i = 0; i < 5; i++)
            await filled.CompareAllAsync(node);
        JsonElement store = (await node.GetJsonAsync("api/v1/cache")).GetProperty("stores")[0];
        Assert.False(store.TryGetProperty("outOfService", out _));
        Assert.Equal(0, store.GetProperty("healed").GetInt64());
        Assert.InRange(store.GetProperty("used").GetInt64(), Page, 24 * Page);
        Assert.Equal(0, await node.StopAsync());
    }

    [MountFact(ext4: true)]
    public async Task A_disk_that_turns_read_only_leaves_service_and_the_node_goes_on_with_the_other()
    {
        using SmallFileSystem disk = SmallFileSystem.Ext4(16 * CacheLimits.MiB);
        await using NodeProcess node = await NodeProcess.StartAsync(
            "--mount", $"/=file://{filled.Source.Path}", "--store", $"{disk["store"]}=10MiB", "--store", $"{Store}=10MiB", "--page-size", "64KiB");
        await node.ReadUntilCachedAsync("/f0");
        disk.TurnReadOnly();

        // Some content falls to that disk, and its first write tells.
        for (int i = 0; i < 50; i++)
            filled.Source.Write($"more{i}", new byte[Page]);
        await UntilAsync(async () =>
        {
            for (int i = 0; i < 50; i++)
                await node.GetFileAsync($"/more{i}");
            return (await StoresAsync(node))[0].TryGetProperty("outOfService", out _);
        });
        await filled.CompareAllAsync(node);
        foreach (string path in filled.Contents.Keys)
            await node.ReadUntilCachedAsync(path);

        JsonElement[] stores = await StoresAsync(node);
        Assert.Contains("read-only", stores[0].GetProperty("outOfService").GetString(), StringComparison.Ordinal);
        Assert.False(stores[1].TryGetProperty("outOfService", out _));
        using HttpResponseMessage ready = await node.Http.GetAsync("health/ready");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        ProgramResult status = await node.OcacheAsync("status");
        Assert.Equal(1, status.ExitCode);
        Assert.Contains("is out of service", status.Output, StringComparison.Ordinal);
        Assert.Equal(0, await node.StopAsync());
    }

    private Task<NodeProcess> StartAsync(params string[] more) => filled.StartAsync(Store, more);

    private string[] BackingFiles() => Directory.GetFiles(Path.Combine(Store, "pages"), "*-*", SearchOption.AllDirectories);

    /// <summary>One kind of damage to each of four files, a swap to the last two. Gives the number of pages that are not theirs any more.</summary>
    private int DamageEveryFile()
    {
        string[] files = BackingFiles();
        Assert.Equal(Files, files.Length);
        Write(files[0], 2 * Page + 17, [0xA5, 0x5A, 0xA5, 0x5A, 0xA5, 0x5A, 0xA5, 0x5A]);
        Write(files[1], Page, new byte[2 * Page]);
        using (FileStream truncated = File.OpenWrite(files[2]))
            truncated.SetLength(5 * Page + 1);
        byte[] all = File.ReadAllBytes(files[3]);
        Write(files[3], 0, all.AsSpan(Page, Page));
        Write(files[3], Page, all.AsSpan(0, Page));
        byte[] one = File.ReadAllBytes(files[4]), other = File.ReadAllBytes(files[5]);
        Write(files[4], 0, other);
        Write(files[5], 0, one);
        return 1 + 2 + 4 + 2 + 9 + 9;
    }

    private static void Write(string path, long at, ReadOnlySpan<byte> bytes)
    {
        using FileStream file = File.Open(path, FileMode.Open);
        file.Position = at;
        file.Write(bytes);
    }

    private static void DamageLog(string path, int damage)
    {
        byte[] bytes = File.ReadAllBytes(path);
        switch (damage)
        {
            case 0:
                bytes[12] ^= 1; // In the header: the whole file is passed over.
                break;
            case 1:
                bytes = bytes[..(bytes.Length * 2 / 3)];
                break;
            case 2:
                bytes.AsSpan(bytes.Length / 3, bytes.Length / 3).Clear();
                break;
            default:
                // Swapped with a log of another kind.
                string names = Directory.GetFiles(Path.GetDirectoryName(path)!, "names-*")[0];
                byte[] other = File.ReadAllBytes(names);
                File.WriteAllBytes(names, bytes);
                bytes = other;
                break;
        }
        File.WriteAllBytes(path, bytes);
    }

    private static async Task<JsonElement[]> StoresAsync(NodeProcess node) =>
        [.. (await node.GetJsonAsync("api/v1/cache")).GetProperty("stores").EnumerateArray()];

    private static async Task<long> StoreAsync(NodeProcess node, string figure) => (await StoresAsync(node))[0].GetProperty(figure).GetInt64();

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Programs.Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
            await pause.WaitForNextTickAsync(patience.Token);
    }
}
