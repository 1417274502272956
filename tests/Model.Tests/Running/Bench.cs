using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Eviction;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Model.Tests.Doors;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>A whole engine over a source that can be told to misbehave, a store on tmpfs, and a front door; it can be restarted and crashed.</summary>
internal sealed class Bench : INodeDirectory, IAsyncDisposable
{
    // Small, so that the sequences reach them; chunks of four pages. Fills never time out: the model's clock says nothing of how long a machine needs.
    private static readonly CacheLimits Limits = new()
    {
        MaxFillBytes = 16 * CacheLimits.KiB,
        ReadAheadBytes = 128 * CacheLimits.KiB,
        FillBufferBytes = 4 * CacheLimits.MiB,
        BypassBelowBytes = 8 * CacheLimits.KiB,
        BypassMemory = 64,
        MaxStatuses = 24,
        MaxListedEntries = 24,
        MaxOpenBackingFiles = 16,
        FillProgressTimeout = TimeSpan.FromDays(1),
    };

    private readonly Setup _setup;
    private readonly MountTable _mounts;
    private TemporaryDirectory _directory = new(onTmpfs: true);
    private CacheCounters _counters = null!;
    private FilePageStore _store = null!;
    private CacheNode _node = null!;
    private long _evictionsBefore;

    private Bench(Setup setup)
    {
        _setup = setup;
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Clock = new ManualTimeProvider(setup.FilesLookOld ? now.AddDays(1) : now);
        Source = setup.IsLocal ? new LocalSource(Clock) : new MemorySource(Clock);
        Storage = new FaultyUnderStorage(setup.Break?.Invoke(Source.Storage) ?? Source.Storage);
        _mounts = new MountTable(1, [new Mount(CachePath.Root, Storage, setup.Freshness) { IsWritable = true }]);
        Files = new CacheFileSystem(this, () => _mounts);
    }

    public ManualTimeProvider Clock { get; }

    public IChangingSource Source { get; }

    /// <summary>The source as the engine sees it.</summary>
    public FaultyUnderStorage Storage { get; }

    public CacheFileSystem Files { get; }

    public IFrontDoor Door { get; private set; } = null!;

    /// <summary>Of all lives of the store so far.</summary>
    public long Evictions => _evictionsBefore + _store.GetStatus().Sum(directory => directory.Evictions);

    public ICacheNode Local => _node;

    public IReadOnlyList<ICacheNode> All => [_node];

    public ICacheNode OwnerOf(UfsIdentity identity, string key, long stripe) => _node;

    public static async Task<Bench> StartAsync(Setup setup)
    {
        var bench = new Bench(setup);
        await bench.OpenAsync();
        bench.Door = setup.OverRest
            ? new RestDoor(await RestServer.StartAsync(bench.Files, bench._store, bench._counters, bench.Clock))
            : new EngineDoor(bench.Files);
        return bench;
    }

    /// <summary>Waits until no fill is under way.</summary>
    public Task SettledAsync() => _node.FillsEndedAsync();

    /// <summary>Ends the node and starts another over the same store, or over what a crash left of it.</summary>
    public async Task RestartAsync(Restart restart)
    {
        var random = new Random(restart.Seed);
        TemporaryDirectory? left = restart.How == RestartHow.Clean ? null : StoreWreck.CopyOf(_directory, random);
        await CloseAsync();
        if (left is not null)
        {
            _directory.Dispose();
            _directory = left;
        }
        if (restart.How == RestartHow.Damage)
            StoreWreck.Damage(_directory, random);
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Door.DisposeAsync();
        await CloseAsync();
        await Storage.DisposeAsync();
        await Source.DisposeAsync();
        _directory.Dispose();
    }

    private async Task OpenAsync()
    {
        _counters = new CacheCounters();
        // The store's clock is the machine's: it only paces background work.
        _store = await FilePageStore.OpenAsync(
            [new StoreDirectoryOptions(_directory.Path, _setup.Capacity)], _setup.PageSize, () => EvictionPolicies.Create(_setup.Eviction), Limits,
            TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        _node = new CacheNode("model", new CacheNodeServices
        {
            Mounts = () => _mounts,
            Store = _store,
            Counters = _counters,
            Time = Clock,
            Log = NullLogger.Instance,
            Limits = Limits,
            PageSize = _setup.PageSize,
        });
    }

    private async Task CloseAsync()
    {
        await _node.DisposeAsync();
        _evictionsBefore = Evictions;
        await _store.DisposeAsync();
        _counters.Dispose();
    }
}
