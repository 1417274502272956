using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Eviction;
using Orleans.Cache.Filling;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>One engine with a store on tmpfs: opened, closed or crashed, and opened again over what is left.</summary>
internal sealed class BenchNode(string name, Setup setup, MountTable mounts, TimeProvider clock) : IAsyncDisposable
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

    private TemporaryDirectory _directory = new(onTmpfs: true);
    private long _evictionsBefore;

    public string Name => name;

    public bool IsOpen { get; private set; }

    public CacheCounters Counters { get; private set; } = null!;

    public FilePageStore Store { get; private set; } = null!;

    public CacheNode Node { get; private set; } = null!;

    /// <summary>Of all lives of the store so far.</summary>
    public long Evictions => _evictionsBefore + (IsOpen ? Now() : 0);

    /// <param name="source">What fills read, made from the under storage.</param>
    /// <param name="watch">In a cluster: notices that the process stood still.</param>
    /// <param name="fills">In a grid: where fills begin.</param>
    public async Task OpenAsync(Func<IFillSource, IFillSource>? source = null, FreezeWatch? watch = null, IFillGate? fills = null)
    {
        Counters = new CacheCounters();
        // The store's clock is the machine's: it only paces background work.
        Store = await FilePageStore.OpenAsync(
            [new StoreDirectoryOptions(_directory.Path, setup.Capacity)], setup.PageSize, () => EvictionPolicies.Create(setup.Eviction), Limits,
            TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        Node = new CacheNode(name, new CacheNodeServices
        {
            Mounts = () => mounts,
            Store = Store,
            Counters = Counters,
            Time = clock,
            Log = NullLogger.Instance,
            Limits = Limits,
            PageSize = setup.PageSize,
            FreezeWatch = watch,
            Fills = fills,
            Source = source ?? (ufs => ufs),
        });
        IsOpen = true;
    }

    /// <summary>Ends the node; a crash leaves of its store what was there in the middle of the work.</summary>
    public async Task CloseAsync(Restart restart)
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
            StoreWreck.Damage(_directory.Path, random);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _directory.Dispose();
    }

    private async Task CloseAsync()
    {
        if (!IsOpen)
            return;
        await Node.DisposeAsync();
        _evictionsBefore += Now();
        IsOpen = false;
        await Store.DisposeAsync();
        Counters.Dispose();
    }

    private long Now() => Store.GetStatus().Sum(directory => directory.Evictions);
}
