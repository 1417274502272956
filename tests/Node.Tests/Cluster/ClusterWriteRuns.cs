using System.Net;
using System.Text.Json;
using Orleans.Cache.Client;
using Orleans.Cache.Testing;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>What is written through one node is what all nodes show from then on, in every mode.</summary>
internal sealed class ClusterWriteRuns : IAsyncDisposable
{
    /// <summary>Paths, so that all nodes own some of them.</summary>
    private const int Files = 6;

    private static readonly string[] Modes = ["immutable", "bounded", "strict"];

    private readonly TemporaryDirectory _source = new(onTmpfs: true);
    private NodeCluster _cluster = null!;

    /// <param name="membership">How the nodes find each other.</param>
    public static async Task<ClusterWriteRuns> StartAsync(MembershipArguments membership)
    {
        var runs = new ClusterWriteRuns();
        string[] mounts = [.. Modes.SelectMany(mode => new[] { "--mount", $"/{mode}={Directory.CreateDirectory(runs._source[mode]).FullName},mode={mode},rw" })];
        runs._cluster = await NodeCluster.StartAsync(membership, 3, mounts);
        return runs;
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _source.Dispose();
    }

    /// <summary>A write, a rename and a delete are seen at once through every node.</summary>
    public Task ChangeAsync(ITestOutputHelper output) => ClusterRounds.RunAsync(output, async seed =>
    {
        var random = new Random(seed);
        foreach (string mode in Modes)
        {
            for (int i = 0; i < Files; i++)
                await CheckFileAsync($"/{mode}/dir{i % 3}", $"file{i}-{seed}", random);
        }
    });

    /// <summary>A tree is moved and deleted although a node is lost.</summary>
    public async Task MoveTreeAsync()
    {
        await _cluster.KillNodeAsync(2);
        foreach (string mode in Modes)
        {
            await PutAsync(_cluster[0], $"/{mode}/tree/deep/file", "content");
            Assert.Equal("content", await _cluster[1].Http.GetStringAsync($"api/v1/files/{mode}/tree/deep/file"));
            using (HttpResponseMessage answer = await _cluster[1].Http.PostAsync($"api/v1/move?from=/{mode}/tree&to=/{mode}/moved", null))
                Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            await ExpectAllAsync([$"/{mode}/moved/deep/file"], "content");
            using (HttpResponseMessage answer = await _cluster[0].Http.DeleteAsync($"api/v1/files/{mode}/moved?recursive=true"))
                Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            await ExpectAbsentAsync($"/{mode}/moved/deep", "file");
        }
    }

    /// <summary>A node that was frozen during a write does not serve the old status afterwards.</summary>
    /// <param name="mode">Of the mount.</param>
    /// <param name="thawed">What becomes of a node that was frozen; afterwards it is there, the one or another process.</param>
    public async Task WriteWhileFrozenAsync(string mode, Func<NodeCluster, int, Task> thawed)
    {
        string[] paths = [.. Enumerable.Range(0, Files).Select(i => $"/{mode}/frozen{i}")];
        foreach (string path in paths)
            await PutAsync(_cluster[0], path, "old");
        await ExpectAllAsync(paths, "old");

        _cluster[1].Freeze();
        foreach (string path in paths)
            await PutAsync(_cluster[0], path, "written while one was frozen");
        _cluster[1].Thaw();
        await thawed(_cluster, 1);

        // At once, through the node itself too, and when it is back on the ring.
        await ExpectAllAsync(paths, "written while one was frozen");
        await _cluster.UntilSeenAsync(1, "up");
        await ExpectAllAsync(paths, "written while one was frozen");
    }

    /// <summary>A node that was killed during a write does not serve the old status when it is back.</summary>
    public async Task WriteWhileKilledAsync()
    {
        string[] paths = [.. Enumerable.Range(0, Files).Select(i => $"/immutable/killed{i}")];
        foreach (string path in paths)
            await PutAsync(_cluster[0], path, "old");
        await ExpectAllAsync(paths, "old");

        await _cluster.KillNodeAsync(1);
        foreach (string path in paths)
            await PutAsync(_cluster[0], path, "written while one was gone");
        await ExpectAllAsync(paths, "written while one was gone");
        await _cluster.StartNodeAsync(1);

        await ExpectAllAsync(paths, "written while one was gone");
        await _cluster.UntilSeenAsync(1, "up");
        await ExpectAllAsync(paths, "written while one was gone");
    }

    /// <summary>What a node that is just back has been asked is not what it says after a write through a node that did not know yet that it is back.</summary>
    public async Task WriteWhileComingBackAsync()
    {
        string[] paths = [.. Enumerable.Range(0, Files).Select(i => $"/immutable/back{i}")];
        await _cluster.KillNodeAsync(1);
        await _cluster.UntilSeenAsync(1, "down");
        await _cluster.StartNodeAsync(1);
        foreach (string path in paths)
        {
            using (HttpResponseMessage answer = await _cluster[1].Http.GetAsync("api/v1/files" + path))
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            await PutAsync(_cluster[0], path, "written");
            Assert.Equal("written", await _cluster[1].Http.GetStringAsync("api/v1/files" + path));
        }
    }

    /// <summary>A client that has not heard yet of a node that is back frees what that believes, too.</summary>
    public async Task FreeWhileComingBackAsync()
    {
        string directory = Directory.CreateDirectory(_source["immutable/freed"]).FullName;
        string[] names = [.. Enumerable.Range(0, Files).Select(i => $"file{i}")];
        await _cluster.KillNodeAsync(1);
        await _cluster.UntilSeenAsync(1, "down");
        await using CacheClient client = await CacheClient.ConnectAsync(_cluster[0].Rest);
        await _cluster.StartNodeAsync(1);
        await _cluster.UntilSeenAsync(1, "up");
        foreach (string name in names)
        {
            await File.WriteAllTextAsync(Path.Combine(directory, name), "old");
            await _cluster[1].GetJsonAsync($"api/v1/status/immutable/freed/{name}");
            await File.WriteAllTextAsync(Path.Combine(directory, name), "new and longer");
        }
        await client.FreeAsync("/immutable/freed", recursive: true);
        foreach (string name in names)
            await ExpectAsync("/immutable/freed", name, "new and longer");
    }

    /// <summary>A change past the cache that a read meets is forgotten by all nodes: the file is one's, the listing that names it another's.</summary>
    public async Task NoticeAsync()
    {
        string directory = Directory.CreateDirectory(_source["immutable/noticed"]).FullName;
        string[] names = [.. Enumerable.Range(0, Files).Select(i => $"file{i}")];
        foreach (string name in names)
        {
            await File.WriteAllTextAsync(Path.Combine(directory, name), "old");
            // Believed by the file's owner, and not read: bytes that are cached are the old version's, rightly.
            await _cluster[0].GetJsonAsync($"api/v1/status/immutable/noticed/{name}");
        }
        foreach (NodeProcess node in _cluster.Running)
            Assert.All(await ListAsync(node, "/immutable/noticed"), entry => Assert.Equal(3, entry.Length));

        foreach (string name in names)
        {
            await File.WriteAllTextAsync(Path.Combine(directory, name), "new and longer");
            Assert.Equal("new and longer", await _cluster[0].Http.GetStringAsync($"api/v1/files/immutable/noticed/{name}"));
            await ExpectAsync("/immutable/noticed", name, "new and longer");
        }
    }

    private async Task CheckFileAsync(string directory, string name, Random random)
    {
        string path = $"{directory}/{name}", moved = path + "-moved";
        await ExpectAbsentAsync(directory, name);
        await PutAsync(Any(random), path, "first");
        await ExpectAsync(directory, name, "first");
        await PutAsync(Any(random), path, "second, which is longer");
        await ExpectAsync(directory, name, "second, which is longer");

        using (HttpResponseMessage answer = await Any(random).Http.PostAsync($"api/v1/move?from={path}&to={moved}", null))
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        await ExpectAbsentAsync(directory, name);
        await ExpectAsync(directory, name + "-moved", "second, which is longer");

        using (HttpResponseMessage answer = await Any(random).Http.DeleteAsync("api/v1/files" + moved))
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        await ExpectAbsentAsync(directory, name + "-moved");
    }

    private NodeProcess Any(Random random) => _cluster[random.Next(_cluster.Running.Count)];

    private static async Task PutAsync(NodeProcess node, string path, string content)
    {
        using HttpResponseMessage answer = await node.Http.PutAsync("api/v1/files" + path, new StringContent(content));
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    private async Task ExpectAllAsync(string[] paths, string content)
    {
        foreach (NodeProcess node in _cluster.Running)
        {
            foreach (string path in paths)
                Assert.Equal((node.Rest, path, content), (node.Rest, path, await node.Http.GetStringAsync("api/v1/files" + path)));
        }
    }

    private async Task ExpectAsync(string directory, string name, string content)
    {
        foreach (NodeProcess node in _cluster.Running)
        {
            Assert.Equal(content, await node.Http.GetStringAsync($"api/v1/files{directory}/{name}"));
            Assert.Equal(content.Length, (await node.GetJsonAsync($"api/v1/status{directory}/{name}")).GetProperty("length").GetInt64());
            Assert.Contains(await ListAsync(node, directory), e => e == ($"{directory}/{name}", content.Length));
        }
    }

    private async Task ExpectAbsentAsync(string directory, string name)
    {
        foreach (NodeProcess node in _cluster.Running)
        {
            using HttpResponseMessage answer = await node.Http.GetAsync($"api/v1/files{directory}/{name}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.DoesNotContain(await ListAsync(node, directory), e => e.Path == $"{directory}/{name}");
        }
    }

    /// <summary>Empty where the directory is not there.</summary>
    private static async Task<List<(string Path, long Length)>> ListAsync(NodeProcess node, string directory)
    {
        using HttpResponseMessage answer = await node.Http.GetAsync("api/v1/list" + directory);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return [];
        using JsonDocument listing = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return [.. listing.RootElement.GetProperty("entries").EnumerateArray()
            .Where(e => e.GetProperty("type").GetString() == "file")
            .Select(e => (e.GetProperty("path").GetString()!, e.GetProperty("length").GetInt64()))];
    }
}
