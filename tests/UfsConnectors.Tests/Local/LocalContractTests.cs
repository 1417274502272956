using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Local;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.Local;

public abstract class LocalContract(bool onTmpfs) : UnderStorageContract
{
    private TemporaryDirectory Directory { get; } = new(onTmpfs);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Dispose();
    }

    protected override Task<IUnderStorage> OpenAsync() => Task.FromResult<IUnderStorage>(new LocalUnderStorage(Directory.Path, TimeProvider.System));
}

public sealed class LocalOnDiskContractTests() : LocalContract(onTmpfs: false);

public sealed class LocalOnTmpfsContractTests() : LocalContract(onTmpfs: true);
