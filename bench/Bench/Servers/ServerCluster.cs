using System.Text.Json;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Bench.Servers;

/// <summary>A static cluster of nodes on this machine, over one source, each with a store of its own.</summary>
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

    public static async Task<ServerCluster> StartAsync(Workspace data, int count)
    {
        RingMember[] members = [.. Enumerable.Range(0, count).Select(i => new RingMember($"n{i}", new Uri($"http://127.0.0.1:{FreePort.Next()}")))];
        string peers = string.Join(',', members.Select(m => $"{m.Name}={m.Address}"));
        NodeServer[] nodes = await Task.WhenAll(members.Select(m => NodeServer.StartAsync(
            "--mount", $"/=file://{data.Source},mode=immutable", "--store", $"{Path.Combine(data.Store, $"{count}-{m.Name}")}=4GiB",
            "--name", m.Name, "--peers", peers, "--rest-port", $"{m.Address.Port}", "--log-level", "error")));
        using var http = new HttpClient();
        for (int attempt = 0; ; attempt++)
        {
            using JsonDocument cluster = JsonDocument.Parse(await http.GetStringAsync($"{nodes[0].Rest}api/v1/cluster"));
            string identity = cluster.RootElement.GetProperty("mounts")[0].GetProperty("identity").GetString()!;
            if (cluster.RootElement.GetProperty("members").EnumerateArray().All(m => m.GetProperty("state").GetString() == "up"))
                return new ServerCluster(nodes, new HashRing(1, members), new UfsIdentity(identity));
            if (attempt == 100)
                throw new TimeoutException("The nodes did not find each other.");
            await Task.Delay(100);
        }
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
