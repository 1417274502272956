using System.Collections;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Grains.Silos;
using Orleans.Cache.Grains.Telemetry;
using Orleans.Cache.Identity;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Silo.Hosting;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Grains.Tests;

/// <summary>
/// Nodes in this process as the executable puts them together: engine, REST, silo. They find each other on this machine, over real sockets; all serve one
/// source directory.
/// </summary>
internal sealed class GridNodes : IAsyncDisposable
{
    /// <summary>What takes longer on the slowest machine never comes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new(onTmpfs: true);
    private readonly int _firstPort = FreePort();
    private readonly string _mount;
    private readonly string[] _more;
    private readonly List<GridNode> _nodes = [];
    private readonly List<CacheCounters> _gone = [];

    private GridNodes(string mountOptions, string[] more)
    {
        Directory.CreateDirectory(_directory["source"]);
        _mount = $"/=file://{_directory["source"]}{mountOptions}";
        _more = more;
    }

    public IReadOnlyList<GridNode> Nodes => _nodes;

    public GridNode this[int index] => _nodes[index];

    /// <param name="count">Nodes n1, n2 ...</param>
    /// <param name="mountOptions">Of the one mount, at the root, e.g. ",rw".</param>
    /// <param name="more">Further switches of all nodes.</param>
    public static async Task<GridNodes> StartAsync(int count, string mountOptions = ",rw", params string[] more)
    {
        var nodes = new GridNodes(mountOptions, more);
        // The first keeps the members of the others.
        await nodes.AddAsync();
        await Task.WhenAll(Enumerable.Range(1, count - 1).Select(i => nodes.AddAsync($"n{i + 1}")));
        await nodes.UntilAllSeeAllAsync();
        return nodes;
    }

    /// <summary>Starts one more.</summary>
    /// <param name="name">Its name; null: the next.</param>
    /// <param name="alter">Takes a part of its silo out and puts another in.</param>
    public async Task<GridNode> AddAsync(string? name = null, Action<IServiceCollection>? alter = null)
    {
        name ??= $"n{_nodes.Count + 1}";
        NodeOptions options = OptionsOf(name, _mount);
        GridNode node = await GridNode.StartAsync(options, alter);
        lock (_nodes)
        {
            _nodes.Add(node);
            _nodes.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        }
        return node;
    }

    public NodeOptions OptionsOf(string name, string mount) => NodeOptionsReader.Read(
        new NodeCommandLine().Read(
        [
            "--name", name, "--cluster", $"localhost:{_firstPort}", "--cluster-id", $"test-{_firstPort}", "--rest-port", "0", "--mount", mount,
            "--store", $"{_directory[name]}=256MiB", "--log-level", "none", .. _more,
        ], out _)!, new Hashtable(), _directory.Path);

    public async Task RemoveAsync(GridNode node)
    {
        lock (_nodes)
            _nodes.Remove(node);
        _gone.Add(node.Counters);
        await node.DisposeAsync();
    }

    public Task UntilAllSeeAllAsync() => UntilAsync(
        () => _nodes.All(n => n.Cluster.Members.Count == _nodes.Count && n.Cluster.Members.All(m => m.State == "up")), "nodes that do not see each other");

    /// <summary>Writes a file into the source, old enough to be kept.</summary>
    public byte[] Put(string name, int length, int seed = 1)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        File.WriteAllBytes(Path.Combine(_directory["source"], name), content);
        return content;
    }

    public string Source(string name) => Path.Combine(_directory["source"], name);

    public long Sum(Func<GridNode, Tally> tally) => _nodes.Sum(n => tally(n).Value);

    /// <summary>Also over nodes that have left.</summary>
    public long SumOfAll(Func<CacheCounters, Tally> tally) => _nodes.Select(n => n.Counters).Concat(_gone).Sum(c => tally(c).Value);

    /// <summary>Pages of files younger than two seconds are not kept: their time stamps cannot be told apart from a later change.</summary>
    public Task UntilOldEnoughAsync(string name) => UntilAsync(() => File.GetLastWriteTimeUtc(Source(name)) < DateTime.UtcNow.AddSeconds(-2.1), "files younger than two seconds");

    public static async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"There were still {otherwise} after {Patience.TotalSeconds} s.");
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The first one last: the others leave through it.
        foreach (GridNode node in _nodes.AsEnumerable().Reverse())
            await node.DisposeAsync();
        _directory.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>One of them, with a client of its REST interface.</summary>
internal sealed class GridNode : IAsyncDisposable
{
    private readonly RunningNode _running;

    private GridNode(string name, RunningNode running)
    {
        Name = name;
        _running = running;
        Client = new HttpClient { BaseAddress = running.Rest, Timeout = GridNodes.Patience };
    }

    public string Name { get; }

    public HttpClient Client { get; }

    public Uri Address => _running.Rest;

    public Engine Engine => _running.Engine!;

    public ClusterDescription Cluster => Engine.Cluster!.Describe();

    public CacheCounters Counters => Engine.Counters;

    public GrainCounters Grains => Service<GrainCounters>();

    public LiveActivations Live => Service<LiveActivations>();

    public SiloRings Rings => Service<SiloRings>();

    public IGrainFactory Factory => Service<IGrainFactory>();

    public static async Task<GridNode> StartAsync(NodeOptions options, Action<IServiceCollection>? alter)
    {
        var host = new NodeHost(options, TextWriter.Null) { Alter = alter };
        return new GridNode(options.Name, await host.StartAsync(default));
    }

    public T Service<T>()
        where T : notnull => ((Grid)_running.Grid!).Services.GetRequiredService<T>();

    /// <summary>The engine itself, past every grain.</summary>
    public Orleans.Cache.Nodes.CacheNode Raw => Service<Orleans.Cache.Nodes.CacheNode>();

    public Task<byte[]> ReadAsync(string name) => Client.GetByteArrayAsync($"api/v1/files/{name}");

    /// <summary>Length by the file's status; null where it is not there.</summary>
    public async Task<long?> LengthAsync(string name)
    {
        using HttpResponseMessage answer = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"api/v1/files/{name}"));
        Assert.True(answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotFound, $"{answer.StatusCode}");
        return answer.StatusCode == HttpStatusCode.NotFound ? null : answer.Content.Headers.ContentLength;
    }

    public async Task WriteAsync(string name, byte[] content)
    {
        using HttpResponseMessage answer = await Client.PutAsync($"api/v1/files/{name}", new ByteArrayContent(content));
        answer.EnsureSuccessStatusCode();
    }

    public async Task DeleteAsync(string name)
    {
        using HttpResponseMessage answer = await Client.DeleteAsync($"api/v1/files/{name}");
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Length as this node's own engine believes or asks.</summary>
    public async Task<long?> BelievedLengthAsync(string name) =>
        (await Raw.GetStatusAsync(CachePath.Parse("/" + name), default)).Status?.Length;

    /// <summary>As at a SIGTERM, of which the rest, draining requests and closing stores, is yet to come.</summary>
    public Task LeaveGridAsync() => _running.Grid!.LeaveAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _running.DisposeAsync();
    }
}
