using System.Text.Json;

namespace Orleans.Cache.Testing.Processes;

/// <summary>Switches by which the nodes of one cluster, whose REST ports these are, find each other: the same for all. Asked once for each cluster.</summary>
public delegate Task<IReadOnlyList<string>> MembershipArguments(IReadOnlyList<int> ports);

/// <summary>Real nodes n1, n2 ... of one cluster over one source, each with a store on tmpfs that outlives its process.</summary>
public sealed class NodeCluster : IAsyncDisposable
{
    /// <summary>Ports are free when they are chosen and may be taken when a node binds them; more often than this in a row is no accident.</summary>
    private const int Attempts = 5;

    private readonly int[] _ports;
    private readonly TemporaryDirectory _stores = new(onTmpfs: true);
    private readonly NodeProcess?[] _nodes;
    private readonly IReadOnlyList<string> _membership;
    private readonly Func<int, string[]> _arguments;

    private NodeCluster(int[] ports, IReadOnlyList<string> membership, Func<int, string[]> arguments)
    {
        _membership = membership;
        _ports = ports;
        _nodes = new NodeProcess?[ports.Length];
        _arguments = arguments;
    }

    public NodeProcess this[int index] => _nodes[index] ?? throw new InvalidOperationException($"{NameOf(index)} was not started.");

    /// <summary>All that were started and not stopped.</summary>
    public IReadOnlyList<NodeProcess> Running => [.. _nodes.OfType<NodeProcess>()];

    /// <summary>The store of a node, which outlives its process.</summary>
    public string StoreOf(int index) => _stores[NameOf(index)];

    public static string NameOf(int index) => $"n{index + 1}";

    /// <summary>A list of all members, given to each.</summary>
    public static MembershipArguments Listed { get; } = ports =>
        Task.FromResult<IReadOnlyList<string>>(["--peers", string.Join(',', ports.Select((port, i) => $"{NameOf(i)}=http://127.0.0.1:{port}"))]);

    /// <summary>All members of a static cluster are started, with the same arguments, and see each other.</summary>
    public static Task<NodeCluster> StartAsync(int members, params string[] arguments) => StartAsync(Listed, members, arguments);

    /// <summary>All members are started, with the same arguments, and see each other.</summary>
    public static async Task<NodeCluster> StartAsync(MembershipArguments membership, int members, params string[] arguments)
    {
        NodeCluster cluster = await StartAsync(membership, members, members, _ => arguments);
        await cluster.UntilTogetherAsync();
        return cluster;
    }

    public static Task<NodeCluster> StartAsync(int members, int started, Func<int, string[]> arguments) => StartAsync(Listed, members, started, arguments);

    /// <param name="membership">How they find each other.</param>
    /// <param name="members">Nodes that the configuration names.</param>
    /// <param name="started">How many of them are started now.</param>
    /// <param name="arguments">Of a node, beside ports, stores and membership. A --name there replaces the node's own.</param>
    public static async Task<NodeCluster> StartAsync(MembershipArguments membership, int members, int started, Func<int, string[]> arguments)
    {
        for (int attempt = 1; ; attempt++)
        {
            int[] ports = ReservedPorts.Take(members);
            var cluster = new NodeCluster(ports, await membership(ports), arguments);
            try
            {
                await Task.WhenAll(Enumerable.Range(0, started).Select(cluster.StartNodeAsync));
                return cluster;
            }
            catch (InvalidOperationException e) when (e.Message.Contains("is taken by another process", StringComparison.Ordinal) && attempt < Attempts)
            {
                await cluster.DisposeAsync();
            }
            catch
            {
                await cluster.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Starts a node that does not run, over the store that its process before has left.</summary>
    public async Task StartNodeAsync(int index)
    {
        string[] given = _arguments(index);
        string[] name = given.Contains("--name") ? [] : ["--name", NameOf(index)];
        _nodes[index] = await NodeProcess.StartAsync(
            [.. given, .. name, .. _membership, "--rest-port", $"{_ports[index]}", "--store", $"{StoreOf(index)}=256MiB"]);
    }

    public async Task KillNodeAsync(int index)
    {
        await this[index].KillAsync();
        await ForgetAsync(index);
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public async Task<int> StopNodeAsync(int index)
    {
        int code = await this[index].StopAsync();
        await ForgetAsync(index);
        return code;
    }

    /// <summary>Waits until all that run see each other: those who were ready first have found the others missing.</summary>
    public async Task UntilTogetherAsync()
    {
        for (int i = 0; i < _nodes.Length; i++)
        {
            if (_nodes[i] is not null)
                await UntilSeenAsync(i, "up");
        }
    }

    /// <summary>Waits until all other running nodes see it in a state: "up" or "down", which one that is no member any more is, too.</summary>
    public Task UntilSeenAsync(int index, string state, params int[] by) => NodeProcess.UntilAsync(
        async () =>
        {
            foreach (int other in by.Length > 0 ? by : Enumerable.Range(0, _nodes.Length))
            {
                if (other != index && _nodes[other] is { } node && await StateAsync(node, index) != state)
                    return false;
            }
            return true;
        },
        $"a node that does not see {NameOf(index)} {state}");

    /// <summary>A member, as a node describes it.</summary>
    public static async Task<JsonElement> MemberAsync(NodeProcess node, int index) => (await MembersAsync(node, index)).Single();

    /// <summary>Is it a member, up or down, in the eyes of a node?</summary>
    public static async Task<bool> IsMemberAsync(NodeProcess node, int index) => (await MembersAsync(node, index)).Any();

    /// <summary>A metric, summed over all running nodes.</summary>
    public async Task<double> SumAsync(string metric) => (await Task.WhenAll(Running.Select(n => n.GetMetricAsync(metric)))).Sum();

    public async ValueTask DisposeAsync()
    {
        foreach (NodeProcess node in Running)
            await node.DisposeAsync();
        _stores.Dispose();
    }

    private static async Task<IEnumerable<JsonElement>> MembersAsync(NodeProcess node, int index) => (await node.GetJsonAsync("api/v1/cluster"))
        .GetProperty("members").EnumerateArray().Where(m => m.GetProperty("name").GetString() == NameOf(index));

    private static async Task<string?> StateAsync(NodeProcess node, int index) =>
        (await MembersAsync(node, index)).Select(m => m.GetProperty("state").GetString()).SingleOrDefault("down");

    private async Task ForgetAsync(int index)
    {
        await this[index].DisposeAsync();
        _nodes[index] = null;
    }
}
