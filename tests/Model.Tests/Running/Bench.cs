using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Model.Tests.Doors;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Nodes;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>A whole engine by itself. Files that were opened before a restart are read from its successor.</summary>
internal sealed class Bench : IBench, INodeDirectory
{
    private readonly Setup _setup;
    private readonly BenchSource _source;
    private readonly BenchNode _node;
    private readonly CacheFileSystem _files;

    private Bench(Setup setup)
    {
        _setup = setup;
        _source = new BenchSource(setup);
        _node = new BenchNode("model", setup, _source.Mounts, _source.Clock);
        _files = new CacheFileSystem(this, () => _source.Mounts);
    }

    public TimeProvider Clock => _source.Clock;

    public IChangingSource Source => _source.Changing;

    public FaultyUnderStorage Storage => _source.Storage;

    public IFrontDoor Door { get; private set; } = null!;

    public long Evictions => _node.Evictions;

    public ICacheNode Local => _node.Node;

    public IReadOnlyList<ICacheNode> All => [_node.Node];

    public string NameOfOwner(UfsIdentity identity, string key, long stripe) => _node.Name;

    public ICacheNode OwnerOf(UfsIdentity identity, string key, long stripe) => _node.Node;

    public static async Task<IBench> StartAsync(Setup setup)
    {
        if (setup.AreProcesses)
            return await ProcessBench.StartAsync(setup);
        if (setup.IsCluster)
            return await ClusterBench.StartAsync(setup);
        var bench = new Bench(setup);
        await bench.OpenAsync();
        return bench;
    }

    public Task AdvanceAsync(TimeSpan by)
    {
        _source.Clock.Advance(by);
        return Task.CompletedTask;
    }

    public Task SettledAsync() => _node.Node.FillsEndedAsync();

    public async Task<bool> RestartAsync(Restart restart)
    {
        await Door.DisposeAsync();
        await _node.CloseAsync(restart);
        await OpenAsync();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await Door.DisposeAsync();
        await _node.DisposeAsync();
        await _source.DisposeAsync();
    }

    private async Task OpenAsync()
    {
        await _node.OpenAsync();
        Door = _setup.OverRest ? new RestDoor(await RestServer.StartAsync(_files, _node, Clock)) : new EngineDoor(_files);
    }
}
