using System.Text.Json;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Bench.Servers;

/// <summary>A cluster of nodes on this machine, over one source, each with a store of its own.</summary>
internal sealed class ServerCluster : IAsyncDisposable
{
    private readonly HashRing _ring;
    private readonly UfsIdentity _identity;

    private ServerCluster(IReadOnlyList<NodeServer> nodes, HashRing ring, UfsIdentity identity)
    {
        Nodes = nodes;
        _ring = ring;
        _identity = identity;
    }

    public IReadOnlyList<NodeServer> Nodes { get; }

    /// <summary>A node whose measured processor time is that of the whole cluster.</summary>
    public IServerUnderTest As(int node) => new View(Nodes[node], [.. Nodes.SelectMany(n => n.ProcessIds)]);

    /// <summary>Index of the node that owns a file's first stripe.</summary>
    public int OwnerOf(string relativePath) => int.Parse(_ring.Owner(RingKey.OfFile(_identity, relativePath))!.Name[1..]);

    /// <summary>A static cluster: each is told the list of all.</summary>
    public static Task<ServerCluster> StartAsync(Workspace data, int count) => StartAsync(data, count, "listed", (_, members) => ["--peers", string.Join(',', members.Select(m => $"{m.Name}={m.Address}"))]);

    /// <summary>A grid: its first silo keeps the membership in its memory, which costs what the database would between changes, nothing.</summary>
    public static Task<ServerCluster> StartGridAsync(Workspace data, int count)
    {
        int[] ports = [.. Enumerable.Range(0, count).Select(_ => FreePort.Next())];
        return StartAsync(data, count, "grid", (i, _) => ["--cluster", $"localhost:{ports[0]}", "--silo-port", $"{ports[i]}", "--gateway-port", "0"]);
    }

    /// <param name="data">Source and stores.</param>
    /// <param name="count">Of nodes.</param>
    /// <param name="kind">Names its stores.</param>
    /// <param name="membership">Switches by which a node, whose index that is, finds the others.</param>
    public static async Task<ServerCluster> StartAsync(Workspace data, int count, string kind, Func<int, RingMember[], string[]> membership)
    {
        RingMember[] members = [.. Enumerable.Range(0, count).Select(i => new RingMember($"n{i}", new Uri($"http://127.0.0.1:{FreePort.Next()}")))];
        NodeServer[] nodes = await Task.WhenAll(members.Select((m, i) => NodeServer.StartAsync([
            "--mount", $"/=file://{data.Source},mode=immutable", "--store", $"{Path.Combine(data.Store, $"{kind}-{count}-{m.Name}")}=4GiB",
            "--name", m.Name, "--rest-port", $"{m.Address.Port}", "--log-level", "error", .. membership(i, members)])));
        using var http = new HttpClient();
        for (int attempt = 0; ; attempt++)
        {
            using JsonDocument cluster = JsonDocument.Parse(await http.GetStringAsync($"{nodes[0].Rest}api/v1/cluster"));
            string identity = cluster.RootElement.GetProperty("mounts")[0].GetProperty("identity").GetString()!;
            JsonElement.ArrayEnumerator seen = cluster.RootElement.GetProperty("members").EnumerateArray();
            if (seen.Count(m => m.GetProperty("state").GetString() == "up") == count)
                return new ServerCluster(nodes, new HashRing(1, members), new UfsIdentity(identity));
            if (attempt == 100)
                throw new TimeoutException("The nodes did not find each other.");
            await Task.Delay(100);
        }
    }

    /// <summary>A metric, its labels included, summed over all nodes.</summary>
    public async Task<double> SumAsync(string metric)
    {
        using var http = new HttpClient();
        string[] pages = await Task.WhenAll(Nodes.Select(n => http.GetStringAsync($"{n.Rest}metrics")));
        return pages.Sum(page => page.Split('\n').Where(line => line.StartsWith(metric + " ", StringComparison.Ordinal)).Sum(line => double.Parse(line.Split(' ')[^1])));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (NodeServer node in Nodes)
            await node.DisposeAsync();
    }

    private sealed record View(NodeServer Node, IReadOnlyList<int> ProcessIds) : IServerUnderTest
    {
        public string Name => Node.Name;

        public string UrlOf(string relativePath) => Node.UrlOf(relativePath);

        /// <summary>The node belongs to the cluster.</summary>
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
