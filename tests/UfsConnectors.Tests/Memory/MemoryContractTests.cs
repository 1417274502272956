using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.Memory;

public sealed class MemoryContractTests : UnderStorageContract
{
    [Fact]
    public async Task Two_lives_of_one_name_have_different_identities()
    {
        await using var one = new MemoryUnderStorage("demo", TimeProvider.System);
        await using var two = new MemoryUnderStorage("demo", TimeProvider.System);
        Assert.NotEqual(one.Identity, two.Identity);
        Assert.StartsWith("mem://demo/", one.Identity.Uri, StringComparison.Ordinal);
    }

    protected override Task<IUnderStorage> OpenAsync() => Task.FromResult<IUnderStorage>(new MemoryUnderStorage("test", TimeProvider.System));
}

public sealed class ThrottledMemoryContractTests : UnderStorageContract
{
    // Fast enough to keep the suite short; every request still goes through the throttle's timers.
    protected override Task<IUnderStorage> OpenAsync() => Task.FromResult<IUnderStorage>(new ThrottledUnderStorage(
        new MemoryUnderStorage("test", TimeProvider.System), TimeSpan.FromMicroseconds(1), 2_000_000_000, TimeProvider.System));
}
