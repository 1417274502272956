using Orleans.Cache.Identity;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>The source of a sequence, what the engine sees of it, and the clock of both.</summary>
internal sealed class BenchSource : IAsyncDisposable
{
    public BenchSource(Setup setup)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Clock = new ManualTimeProvider(setup.FilesLookOld ? now.AddDays(1) : now);
        Changing = setup.IsLocal ? new LocalSource(Clock) : new MemorySource(Clock);
        Storage = new FaultyUnderStorage(setup.Break?.Invoke(Changing.Storage) ?? Changing.Storage) { OpensFirst = setup.OpensFirst };
        Mounts = new MountTable(1, [new Mount(CachePath.Root, Storage, setup.Freshness) { IsWritable = true }]);
    }

    public ManualTimeProvider Clock { get; }

    public IChangingSource Changing { get; }

    public FaultyUnderStorage Storage { get; }

    public MountTable Mounts { get; }

    public async ValueTask DisposeAsync()
    {
        await Storage.DisposeAsync();
        await Changing.DisposeAsync();
    }
}
